import type { Command } from "commander";
import type { CallDocument } from "../../functions/src/calls/call.ts";
import { watchCalls } from "../../functions/src/calls/watch-calls.ts";
import { requireExten } from "../lines/line-commands.ts";
import type { Desk } from "../ops/desk.ts";
import { addOperation, withServices, type Common } from "../ops/operation.ts";

/** As long as a phone may ring: what began before is of no interest any more. */
const backMs = 120_000;

/** `calls tail`: what happens to calls, as it happens. */
export function addCallCommands(program: Command, desk: Desk): void {
  const calls = program.command("calls").description("calls as they happen");
  addOperation(calls, "tail", "show each change of a call, a line each and without the caller, until Ctrl-C")
    .option("--exten <exten>", "of calls to this exten only", requireExten)
    .action(async (options: TailOptions) => tail(desk, options));
}

interface TailOptions extends Common {
  readonly exten?: string;
}

async function tail(desk: Desk, options: TailOptions): Promise<void> {
  const { exten, json } = options;
  await withServices(desk, options, async (services) => {
    const shown = new Map<string, string>();
    const failed = Promise.withResolvers<never>();
    const stop = watchCalls(services, {
      since: services.clock.now() - backMs,
      onCall: (callId, call, changedAt) => {
        if (exten !== undefined && call.extens[exten] === undefined) return;
        const change = describe(callId, call);
        const text = json === true ? JSON.stringify(change) : formatChange(change);
        // Some of what the record keeps is not shown.
        if (shown.get(callId) === text) return;
        shown.set(callId, text);
        const at = new Date(changedAt).toISOString();
        desk.out.write(json === true ? `${JSON.stringify({ at, ...change })}\n` : `${at}  ${text}\n`);
      },
      onError: failed.reject,
    });
    try {
      await Promise.race([desk.untilInterrupted(), failed.promise]);
    } finally {
      stop();
    }
  });
}

/** A call without whoever calls. */
function describe(callId: string, { status, extens, devices, endReason }: CallDocument) {
  return {
    callId,
    status,
    ...(endReason !== undefined && { reason: endReason }),
    extens: Object.keys(extens),
    devices: Object.entries(devices).map(([deviceId, { state, error }]) => {
      return { deviceId, state, ...(error !== undefined && { error }) };
    }),
  };
}

function formatChange({ callId, status, reason, extens, devices }: ReturnType<typeof describe>): string {
  const phones = devices.map(({ deviceId, state, error }) => [deviceId, state, error].filter(Boolean).join(" "));
  const state = reason === undefined ? status : `${status} (${reason})`;
  return [callId, extens.join(" "), state, phones.join(", ")].filter(Boolean).join("  ");
}
