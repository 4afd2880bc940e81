import type { Command } from "commander";
import { isProbe } from "../../functions/src/probe/probe-phones.ts";
import { lineOf } from "../../functions/src/rings/ring.ts";
import { watchRings } from "../../functions/src/rings/watch-rings.ts";
import { readExten } from "../command/arguments.ts";
import type { CommandContext } from "../command/context.ts";
import { withServices, type Common } from "../command/operation.ts";
import { describeRing, formatPhones, formatStatus } from "./describe-ring.ts";

/** The longest ring time: rings that began earlier are over. */
const backMs = 120_000;

/** `calls tail`: rings as they change. */
export function addTailCommand(calls: Command, context: CommandContext): void {
  calls
    .command("tail")
    .description("print a line for each change of a ring, without the caller, until Ctrl-C")
    .option("--exten <exten>", "only rings of this exten", readExten)
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
        if (isProbe(ring)) return;
        if (exten !== undefined && ![ring.exten, lineOf(ring)].includes(exten)) return;
        const change = describeRing(ringId, ring, services.clock.now());
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

function formatChange(change: ReturnType<typeof describeRing>): string {
  return [change.callKey, change.exten, formatStatus(change), formatPhones(change)].filter(Boolean).join("  ");
}
