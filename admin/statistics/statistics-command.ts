import { Option, type Command } from "commander";
import {
  findCountedUntil,
  findHours,
  findStatistics,
  type StatisticsFilter,
} from "../../functions/src/statistics/find-statistics.ts";
import { hourMs, parseHour } from "../../functions/src/statistics/hour.ts";
import { requirePbx } from "../command/arguments.ts";
import type { CommandContext } from "../command/context.ts";
import { WrongUsage } from "../command/errors.ts";
import { withServices } from "../command/operation.ts";
import { csvOption, printList, type ListOptions } from "../command/print-list.ts";
import { createProgressBar, type Output } from "../command/progress-bar.ts";
import { hereOf, sinceOption, timeForms, timeOption, timeZoneOption, type NamedTime } from "../command/times.ts";
import { tellInstantsIn } from "../command/wall-time.ts";
import { listCauses, listTallies } from "./describe-statistics.ts";
import { groupings, Statistics, type Grouping } from "./statistics.ts";

interface StatisticsOptions extends ListOptions {
  readonly since: NamedTime;
  readonly until?: NamedTime;
  readonly by?: Grouping;
  readonly pbx?: string;
  readonly timeZone?: string;
}

/** `stats`: how many rings reached phones and were answered, from the hourly counts. */
export function addStatisticsCommand(program: Command, context: CommandContext): void {
  program
    .command("stats")
    .description("count rings that were reached, ready, answered, missed")
    .addOption(sinceOption("7d"))
    .option("--until <time>", `until when: ${timeForms}; default: now`, timeOption("--until"))
    .addOption(new Option("--by <what>", "a row for each; model and os count phones").choices(groupings))
    .option("--pbx <pbx>", "only rings of this PBX", requirePbx)
    .addOption(timeZoneOption())
    .addOption(csvOption())
    .action(async (options: StatisticsOptions) => show(context, options));
}

async function show(context: CommandContext, options: StatisticsOptions): Promise<void> {
  await withServices(context, options, async (services) => {
    const { by, pbx } = options;
    const here = hereOf(services, options.timeZone);
    const since = options.since(here).from;
    const until = options.until === undefined ? here.now : options.until(here).to + 1;
    if (since >= until) throw new WrongUsage("--until is not after --since");
    const statistics = new Statistics(by, here.timeZone);
    const filter = { since, until, ...(pbx !== undefined && { pbxId: pbx }) };
    const find = by === "model" || by === "os" ? findStatistics : findHours;
    await read(find(services, filter), filter, statistics, context.err);
    const list = by === "reason" ? listCauses(statistics.causes) : listTallies(by, statistics.tallies);
    printList(context, options, list);
    const countedUntil = await findCountedUntil(services);
    if (countedUntil !== undefined && countedUntil >= until) return;
    const from = countedUntil === undefined ? "" : ` since ${tellInstantsIn(here.timeZone)(countedUntil).slice(0, 16)}`;
    context.err.write(`The rings${from} are not counted yet: a job counts each hour when it is over.\n`);
  });
}

async function read(
  found: AsyncIterable<Parameters<Statistics["add"]>[0]>,
  { since, until }: StatisticsFilter,
  statistics: Statistics,
  err: Output,
): Promise<void> {
  const hours = Math.ceil((until - since) / hourMs);
  const bar = createProgressBar(err, "hours");
  let pages = 0;
  for await (const page of found) {
    statistics.add(page);
    pages += 1;
    const last = page.at(-1);
    // One page takes no time to speak of.
    if (pages > 1 && last !== undefined)
      bar(Math.min(hours, Math.ceil((parseHour(last.hour) - since) / hourMs)), hours);
  }
  if (pages > 1) bar(hours, hours);
}
