import type { Command } from "commander";
import { explainRings } from "../../functions/src/rings/explain-rings.ts";
import { findRingsOf } from "../../functions/src/rings/find-rings-of.ts";
import type { StoredRing } from "../../functions/src/rings/ring.ts";
import type { Words } from "../../functions/src/rings/verdict/words.ts";
import type { Services } from "../../functions/src/services.ts";
import { readExten, requireUser } from "../command/arguments.ts";
import type { CommandContext } from "../command/context.ts";
import { WrongUsage } from "../command/errors.ts";
import { print, withServices } from "../command/operation.ts";
import { hereOf, timeForms, timeOption, timeZoneOption } from "../command/times.ts";
import { tellInstantsIn } from "../command/wall-time.ts";
import { choiceOf, type Asked, type WhyOptions } from "./asked.ts";
import { chooseRings } from "./choose-rings.ts";
import { explainMissing } from "./explain-missing.ts";
import { findRingsAt } from "./find-rings-at.ts";
import { describeVerdict, formatVerdict, languageOption, languagesOf } from "./format-verdict.ts";

/** `calls why`: why the phones of a call did or did not ring. */
export function addWhyCommand(calls: Command, context: CommandContext): void {
  calls
    .command("why [call]")
    .description("say why the phones of a call did or did not ring, and what to do")
    .option("--exten <exten>", "the call to this exten", readExten)
    .option("--user <user>", "the call to this user, by uid or email", requireUser)
    .option("--at <time>", `when the phone should have rung: ${timeForms}; default: the last call`, timeOption("--at"))
    .option("--pbx <pbx>", "only rings of this PBX")
    .addOption(timeZoneOption())
    .addOption(languageOption())
    .addHelpText("after", whyHelp)
    .action(async (call: string | undefined, options: WhyOptions) => why(context, call, options));
}

const whyHelp = `
  calls why --exten 07012345678 --at 14:03
  calls why --user somebody@example.com --at 14:03
  calls why 1763712000.17

A call is a call_id of the PBX, <pbx>~<call_id> as calls list prints it, or a callId of the log. An exten will do, too.
Exits with 1 if there is no record of the call.
`;

async function why(context: CommandContext, call: string | undefined, options: WhyOptions): Promise<void> {
  const { exten, user, timeZone, lang } = options;
  if (call !== undefined && (exten ?? user) !== undefined) throw new WrongUsage("Give a call, or --exten or --user");
  if ((call ?? exten ?? user) === undefined) throw new WrongUsage("Missing a call, --exten or --user");
  await withServices(context, options, async (services) => {
    const here = hereOf(services, timeZone);
    const rings = await findAsked(context, services, { ...options, call, here });
    if (rings.length === 0) return explainMissing(context, services, { ...options, call, here });
    const verdicts = await explainRings(services, rings, here);
    const shown = verdicts.flatMap((verdict, nth) => {
      const ring = rings[nth];
      return ring === undefined ? [] : [describeVerdict(ring, verdict, here.now)];
    });
    const writing = { tell: tellInstantsIn(here.timeZone), lang };
    print(context, options, shown, `${shown.map((one) => formatVerdict(one, writing)).join("\n\n")}\n`);
  });
}

async function findAsked(context: CommandContext, services: Services, asked: Asked): Promise<readonly StoredRing[]> {
  const { call, pbx, at, here } = asked;
  const named = call === undefined ? [] : await findRingsOf(services, call, pbx);
  const choice = choiceOf(asked);
  if (named.length > 0 || choice === undefined) return named;
  const { rings, isNear } = await findRingsAt(services, await chooseRings(services, choice), at?.(here));
  if (isNear) for (const one of languagesOf(asked.lang)) context.err.write(`${nearest[one]}\n`);
  return rings;
}

const nearest: Words = {
  ko: "그 시각에 울린 전화가 없습니다. 가장 가까운 전화입니다.",
  en: "Nothing rang at that time. This is the nearest call.",
};
