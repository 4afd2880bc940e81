import { Option, type Command } from "commander";
import { historyMs, type Ring } from "../../functions/src/rings/ring.ts";
import { statusAt } from "../../functions/src/rings/group.ts";
import type { CallStatus, EndReason } from "../../functions/src/wire.ts";
import { readExten, requireUser, wholeNumber } from "../command/arguments.ts";
import type { CommandContext } from "../command/context.ts";
import { WrongUsage } from "../command/errors.ts";
import { withServices } from "../command/operation.ts";
import { csvOption, printList, type ListOptions } from "../command/print-list.ts";
import {
  hereOf,
  sinceOption,
  timeForms,
  timeOption,
  timeZoneOption,
  type Here,
  type NamedTime,
  type Span,
} from "../command/times.ts";
import { tellInstantsIn } from "../command/wall-time.ts";
import { chooseRings } from "./choose-rings.ts";
import { collectRings, maxReads, type Collected } from "./collect-rings.ts";
import { describeWhole, formatPhones, formatStatus } from "./describe-ring.ts";

const statuses: Readonly<Record<CallStatus, true>> = {
  waking: true,
  notified: true,
  ready: true,
  answered: true,
  declined: true,
  failed: true,
  ended: true,
};
const reasons: Readonly<Record<EndReason, true>> = {
  answered: true,
  answered_elsewhere: true,
  cancelled: true,
  missed: true,
  declined: true,
  busy: true,
  failed: true,
};

interface CallListOptions extends ListOptions {
  readonly exten?: string;
  readonly user?: string;
  readonly pbx?: string;
  /** A status, or the reason of an end. */
  readonly status?: string;
  readonly since: NamedTime;
  readonly until?: NamedTime;
  readonly limit: number;
  readonly timeZone?: string;
}

/** `calls list`: rings, newest first. */
export function addListCommand(calls: Command, context: CommandContext): void {
  const named = [...new Set([...Object.keys(statuses), ...Object.keys(reasons)])];
  calls
    .command("list")
    .description("list rings, newest first, without the caller")
    .option("--exten <exten>", "only rings of this exten", readExten)
    .option("--user <user>", "only rings of this user, by uid or email", requireUser)
    .option("--pbx <pbx>", "only rings of this PBX")
    .addOption(new Option("--status <status>", "only rings with this status, or this reason of the end").choices(named))
    .addOption(sinceOption("30d"))
    .option("--until <time>", `until when: ${timeForms}; default: now`, timeOption("--until"))
    .option("--limit <n>", "maximum number of rings", wholeNumber("--limit", 10_000), 50)
    .addOption(timeZoneOption())
    .addOption(csvOption())
    .action(async (options: CallListOptions) => list(context, options));
}

async function list(context: CommandContext, options: CallListOptions): Promise<void> {
  await withServices(context, options, async (services) => {
    const here = hereOf(services, options.timeZone);
    const { fits, ...chosen } = await chooseRings(services, options);
    const { status, limit } = options;
    const found = await collectRings(services, {
      ...chosen,
      fits: (ring) => fits(ring) && hasStatus(ring, status, here.now),
      isExact: chosen.isExact && status === undefined,
      span: readSpan(options, here),
      limit,
      err: context.err,
    });
    const rings = found.rings.map(({ id, ring }) => describeWhole(id, ring, here.now));
    const tell = tellInstantsIn(here.timeZone);
    printList(context, options, {
      items: rings,
      headings: [`announced (${here.timeZone})`, "exten", "status", "phones", "call"],
      rows: rings.map((ring) => [
        tell(Date.parse(ring.announcedAt)),
        ring.exten,
        formatStatus(ring),
        ring.joined === undefined ? formatPhones(ring) : "with an earlier ring",
        ring.callKey,
      ]),
      none: "No rings in that time.",
      csv: toCsv(rings),
    });
    context.err.write(describeCut(found, limit));
  });
}

function hasStatus(ring: Ring, wanted: string | undefined, now: number): boolean {
  const { status, reason } = statusAt(ring, now);
  return wanted === undefined || status === wanted || reason === wanted;
}

function readSpan({ since, until }: CallListOptions, here: Here): Span {
  const from = since(here).from;
  // Firestore's clock may be ahead of this one.
  const to = until?.(here).to ?? here.now + historyMs;
  if (from > to) throw new WrongUsage("--until is before --since");
  return { from, to };
}

function toCsv(rings: readonly ReturnType<typeof describeWhole>[]) {
  const headings = ["announcedAt", "callId", "callKey", "exten", "uid", "status", "reason", "phones"];
  const rows = rings.map((ring) => {
    const { announcedAt, callId, callKey, exten, uid = "", status, reason = "" } = ring;
    return [announcedAt, callId, callKey, exten, uid, status, reason, formatPhones(ring)];
  });
  return { headings, rows };
}

/** Says that the list does not reach back to `--since`, and how to read on. */
function describeCut({ cut, reachedAt }: Collected, limit: number): string {
  if (cut === undefined || reachedAt === undefined) return "";
  const next = `--until ${new Date(reachedAt).toISOString()}`;
  return cut === "limit"
    ? `There are more than ${limit} rings: raise --limit, or go on with ${next}\n`
    : `Stopped after ${maxReads} documents: go on with ${next}, or name an exten, a user or a PBX\n`;
}
