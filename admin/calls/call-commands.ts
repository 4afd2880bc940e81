import type { Command } from "commander";
import { statusAt } from "../../functions/src/rings/group.ts";
import type { Ring } from "../../functions/src/rings/ring.ts";
import { watchRings } from "../../functions/src/rings/watch-rings.ts";
import { requireExten } from "../command/arguments.ts";
import type { CommandContext } from "../command/context.ts";
import { withServices, type Common } from "../command/operation.ts";
import { addWhyCommand } from "./why-command.ts";

/** The longest ring time: rings that began earlier are over. */
const backMs = 120_000;

/** `calls tail`, `calls why`: watches calls, and explains them. */
export function addCallCommands(program: Command, context: CommandContext): void {
  const calls = program.command("calls").description("watch and explain calls");
  addWhyCommand(calls, context);
  calls
    .command("tail")
    .description("print a line for each change of a ring, without the caller, until Ctrl-C")
    .option("--exten <exten>", "only rings of this exten", requireExten)
    .action(async (options: TailOptions) => tail(context, options));
}

interface TailOptions extends Common {
  readonly exten?: string;
}

async function tail(context: CommandContext, options: TailOptions): Promise<void> {
  const { exten, json } = options;
  await withServices(context, options, async (services) => {
    const shown = new Map<string, string>();
    const failed = Promise.withResolvers<never>();
    const stop = watchRings(services, {
      since: services.clock.now() - backMs,
      onRing: (ringId, ring, changedAt) => {
        if (exten !== undefined && ring.exten !== exten) return;
        const change = describe(ringId, ring, services.clock.now());
        const text = json === true ? JSON.stringify(change) : formatChange(change);
        // A change of a field that is not shown prints nothing.
        if (shown.get(ringId) === text) return;
        shown.set(ringId, text);
        const at = new Date(changedAt).toISOString();
        context.out.write(json === true ? `${JSON.stringify({ at, ...change })}\n` : `${at}  ${text}\n`);
      },
      onError: failed.reject,
    });
    try {
      await Promise.race([context.untilInterrupted(), failed.promise]);
    } finally {
      stop();
    }
  });
}

/** The current state of a ring, without its caller. */
function describe(callId: string, ring: Ring, now: number) {
  const { callKey, pbxRingId, exten, phones } = ring;
  return {
    callId,
    callKey,
    ...(pbxRingId !== undefined && { pbxRingId }),
    exten,
    ...statusAt(ring, now),
    devices: Object.entries(phones).map(([deviceId, { state, error }]) => {
      return { deviceId, state, ...(error !== undefined && { error }) };
    }),
  };
}

function formatChange({ callKey, exten, status, reason, devices }: ReturnType<typeof describe>): string {
  const phones = devices.map(({ deviceId, state, error }) => [deviceId, state, error].filter(Boolean).join(" "));
  const state = reason === undefined ? status : `${status} (${reason})`;
  return [callKey, exten, state, phones.join(", ")].filter(Boolean).join("  ");
}
