import type { Command } from "commander";
import { explainRings } from "../../functions/src/rings/explain-rings.ts";
import { statusAt } from "../../functions/src/rings/group.ts";
import type { StoredRing } from "../../functions/src/rings/ring.ts";
import type { Finding } from "../../functions/src/rings/verdict/finding.ts";
import { explainSilence, type PhoneVerdict, type Verdict } from "../../functions/src/rings/verdict/verdict.ts";
import { tellTimesIn } from "../../functions/src/rings/verdict/words.ts";
import type { Services } from "../../functions/src/services.ts";
import { isTimeZone, usualTimeZone } from "../../functions/src/time-zone.ts";
import type { CommandContext } from "../command/context.ts";
import { WrongUsage } from "../command/errors.ts";
import { print, withServices, type Common } from "../command/operation.ts";
import { findDeadKeys } from "./find-dead-keys.ts";
import { findRingsOf } from "./find-rings-of.ts";

interface WhyOptions extends Common {
  readonly pbx?: string;
  readonly at?: number;
  readonly timeZone: string;
}

/** `calls why`: why the phones of a call did or did not ring. */
export function addWhyCommand(calls: Command, context: CommandContext): void {
  calls
    .command("why <call>")
    .description("say why the phones of a call did or did not ring; a call is a call_id, <pbx>~<call_id> or a callId")
    .option("--pbx <pbx>", "only rings of this PBX")
    .option(
      "--at <time>",
      "when the phone should have rung, if there is no record of the call: 2026-11-30T14:03:02+09:00",
      readTime,
    )
    .option("--time-zone <zone>", "time zone of the times in the sentences", requireTimeZone, usualTimeZone)
    .action(async (call: string, options: WhyOptions) => why(context, call, options));
}

function readTime(given: string): number {
  const time = Date.parse(given);
  if (!/(?:Z|[+-]\d\d:\d\d)$/.test(given) || Number.isNaN(time)) {
    throw new WrongUsage(`--at takes a time with its offset, such as 2026-11-30T14:03:02+09:00, not ${given}`);
  }
  return time;
}

function requireTimeZone(zone: string): string {
  if (!isTimeZone(zone)) throw new WrongUsage(`--time-zone takes a time zone such as Europe/Berlin, not ${zone}`);
  return zone;
}

async function why(context: CommandContext, call: string, options: WhyOptions): Promise<void> {
  await withServices(context, options, async (services) => {
    const rings = await findRingsOf(services, call, options.pbx);
    if (rings.length === 0) return explainMissing(context, services, options);
    const { timeZone } = options;
    const verdicts = await explainRings(services, rings, { timeZone });
    const now = services.clock.now();
    const shown = verdicts.flatMap((verdict, nth) =>
      rings[nth] === undefined ? [] : describe(rings[nth], verdict, now),
    );
    const at = tellTimesIn(timeZone);
    print(context, options, shown, `${shown.map((one) => formatRing(one, at)).join("\n\n")}\n`);
  });
}

/** There is no record of the call: the keys of its PBX may tell why. */
async function explainMissing(context: CommandContext, services: Services, options: WhyOptions): Promise<void> {
  const { pbx, timeZone, at: time = services.clock.now() } = options;
  const finding = explainSilence({ time, keys: await findDeadKeys(services, time, pbx), timeZone });
  context.exitCode = 1;
  print(context, options, finding, `${formatFinding(finding).join("\n")}\n`);
}

/** A ring and its verdict, without the caller. */
function describe({ id: callId, ring }: StoredRing, { ring: finding, phones }: Verdict, now: number) {
  const { callKey, pbxRingId, exten, createdAt } = ring;
  return {
    callId,
    callKey,
    ...(pbxRingId !== undefined && { pbxRingId }),
    exten,
    announcedAt: createdAt.toDate().toISOString(),
    ...statusAt(ring, now),
    ...finding,
    phones,
  };
}

function formatRing(shown: ReturnType<typeof describe>, at: (ms: number) => string): string {
  const { callKey, exten, announcedAt, status, reason, phones, cause, says, todo } = shown;
  const state = reason === undefined ? status : `${status} (${reason})`;
  const own =
    cause === undefined || says === undefined || todo === undefined ? [] : formatFinding({ cause, says, todo });
  const head = [callKey, exten, at(Date.parse(announcedAt)), state].join("  ");
  return [head, ...[...own, ...phones.flatMap(formatPhone)].map((line) => `  ${line}`)].join("\n");
}

function formatPhone({ deviceId, model, times, ...finding }: PhoneVerdict): readonly string[] {
  const steps = Object.entries(times).map(([name, ms]) => `${name.replace("Ms", "")} ${ms} ms`);
  const head = [deviceId, model, steps.join(", ")].filter(Boolean).join("  ");
  return [head, ...formatFinding(finding).map((line) => `  ${line}`)];
}

function formatFinding({ cause, says, todo }: Finding<string>): readonly string[] {
  return [cause, says.ko, `→ ${todo.ko}`, says.en, `→ ${todo.en}`];
}
