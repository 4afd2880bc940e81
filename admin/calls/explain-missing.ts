import { explainMissingCall, findPbxIn, findTimeIn } from "../../functions/src/rings/explain-missing-call.ts";
import { historyMs } from "../../functions/src/rings/ring.ts";
import type { Services } from "../../functions/src/services.ts";
import type { CommandContext } from "../command/context.ts";
import { Failure, WrongUsage } from "../command/errors.ts";
import { print } from "../command/operation.ts";
import { toleranceMs } from "../command/times.ts";
import { tellInstantsIn } from "../command/wall-time.ts";
import { choiceOf, type Asked } from "./asked.ts";
import { chooseRings } from "./choose-rings.ts";
import { findLastPbx } from "./find-rings-at.ts";
import { formatFinding } from "./format-verdict.ts";

/** There is no record of the call: the keys of its PBX may tell why. */
export async function explainMissing(context: CommandContext, services: Services, asked: Asked): Promise<void> {
  const { timeZone, now } = asked.here;
  const said = findTime(asked);
  const time = said ?? now;
  if (time < now - historyMs) {
    throw new Failure("Calls of that time are on record no more", "ask within 30 days of the call");
  }
  if (time > now + toleranceMs) throw new WrongUsage("--at is a time to come");
  const pbxId = await findPbx(services, asked, time);
  const { exten } = choiceOf(asked) ?? {};
  const { finding, suspects, isUnknownPbx } = await explainMissingCall(services, { at: said, pbxId, exten, timeZone });
  context.exitCode = 1;
  const error = { code: "failed", message: finding.says.en, remedy: finding.todo.en };
  const when = said === undefined ? [] : [tellInstantsIn(timeZone)(said)];
  const head = [asked.call ?? asked.exten ?? asked.user, ...when, "no record"].join("  ");
  const lines = formatFinding(finding, asked.lang).map((line) => `  ${line}\n`);
  const at = said === undefined ? {} : { at: new Date(said).toISOString() };
  print(context, asked, { error, ...at, ...finding }, `${head}\n${lines.join("")}`);
  if (isUnknownPbx) {
    context.err.write(`No key of a PBX ${pbxId} is on record for that time. Check its name with: keys list\n`);
  }
  if (suspects.length === 0) return;
  const names = suspects.map((key) => `${key.pbxId} (${key.state})`).join(", ");
  context.err.write(`PBXs without a key that worked then: ${names}. If it was one of them, name it with --pbx.\n`);
}

/** When the phone should have rung: as was said, or as the call's id says; `undefined` if neither. */
function findTime({ at, call = "", here }: Asked): number | undefined {
  return at === undefined ? findTimeIn(call, here.now) : at(here).from;
}

/** The PBX that should have announced the call: the one that was named, or the one that rang the exten before. */
async function findPbx(services: Services, asked: Asked, time: number): Promise<string | undefined> {
  const { pbx, call = "" } = asked;
  const named = pbx ?? findPbxIn(call);
  if (named !== undefined) return named;
  const choice = choiceOf(asked);
  return choice === undefined ? undefined : findLastPbx(services, await chooseRings(services, choice), time);
}
