import type { Command } from "commander";
import { findRings } from "../../functions/src/rings/find-rings.ts";
import { findRingsOf } from "../../functions/src/rings/find-rings-of.ts";
import type { StoredRing } from "../../functions/src/rings/ring.ts";
import type { Services } from "../../functions/src/services.ts";
import type { CommandContext } from "../command/context.ts";
import { Failure } from "../command/errors.ts";
import { print, withServices, type Common } from "../command/operation.ts";
import { formatTable } from "../command/table.ts";
import { hereOf, timeZoneOption, type Here } from "../command/times.ts";
import { tellInstantsIn } from "../command/wall-time.ts";
import { describeWhole, formatStatus } from "./describe-ring.ts";
import { buildTimeline, tellStep } from "./timeline.ts";

interface ShowOptions extends Common {
  readonly pbx?: string;
  readonly timeZone?: string;
}

/** `calls show`: one call as a time line. */
export function addShowCommand(calls: Command, context: CommandContext): void {
  calls
    .command("show <call>")
    .description("show one call with its rings and phones as a time line, without the caller")
    .option("--pbx <pbx>", "the PBX of the call, if several have that call_id")
    .addOption(timeZoneOption())
    .addHelpText("after", "\nA call is a call_id of the PBX, <pbx>~<call_id>, or a callId of the log.\n")
    .action(async (call: string, options: ShowOptions) => show(context, call, options));
}

async function show(context: CommandContext, call: string, options: ShowOptions): Promise<void> {
  await withServices(context, options, async (services) => {
    const here = hereOf(services, options.timeZone);
    const rings = await findCall(services, call, options.pbx);
    const shown = describeCall(rings, here);
    print(context, options, shown, formatCall(shown, here, context.out.isTTY));
  });
}

/** All rings of the call that is meant, oldest first. */
async function findCall(services: Services, name: string, pbx: string | undefined): Promise<readonly StoredRing[]> {
  const found = await findRingsOf(services, name, pbx);
  const [first, ...others] = found;
  if (first === undefined) throw new Failure(`There is no record of the call ${name}`, "npm run ops -- calls list");
  const { pbxId, linkedId, callKey } = first.ring;
  const isOne = others.every(({ ring }) => ring.callKey === callKey);
  // A `callId` names one ring; the others of its call are shown with it.
  if (isOne) return findRings(services, { pbxId, linkedId });
  const pbxs = [...new Set(found.map(({ ring }) => ring.pbxId))].toSorted();
  throw new Failure(`Several PBXs have a call ${name}`, `give --pbx ${pbxs.join(" or --pbx ")}`);
}

function describeCall(rings: readonly StoredRing[], { now }: Here) {
  const callKey = rings[0]?.ring.callKey ?? "";
  const announcedAt = new Date(Math.min(...rings.map(({ ring }) => ring.createdAt.toMillis()))).toISOString();
  return {
    callKey,
    announcedAt,
    rings: rings.map(({ id, ring }) => describeWhole(id, ring, now)),
    timeline: buildTimeline(rings, now),
  };
}

function formatCall(
  { callKey, announcedAt, rings, timeline }: ReturnType<typeof describeCall>,
  { timeZone }: Here,
  inTerminal: boolean | undefined,
): string {
  const rows = timeline.map((step) => [String(step.ms), step.exten, step.deviceId ?? "", tellStep(step)]);
  const ends = rings.map((ring) => [ring.exten, formatStatus(ring), ring.callId, ring.uid ?? ""]);
  return [
    `${callKey}  ${tellInstantsIn(timeZone)(Date.parse(announcedAt))} ${timeZone}\n\n`,
    formatTable(["ms", "exten", "phone", "what"], rows, inTerminal),
    "\n",
    formatTable(["exten", "status", "callId", "uid"], ends, inTerminal),
  ].join("");
}
