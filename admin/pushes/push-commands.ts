import type { Command } from "commander";
import { findFailedShards, resendShard } from "../../functions/src/campaigns/failed-shards.ts";
import { findFailedPushes, type FailedPush } from "../../functions/src/pushes/failed-pushes.ts";
import { pushKey } from "../../functions/src/pushes/push-id.ts";
import { resendPush, type Resent } from "../../functions/src/pushes/resend-push.ts";
import type { Services } from "../../functions/src/services.ts";
import type { CommandContext } from "../command/context.ts";
import { WrongUsage } from "../command/errors.ts";
import { print, withChange, withServices, type Common } from "../command/operation.ts";
import { csvOption, printList, type ListOptions } from "../command/print-list.ts";
import { hereOf, sinceOption, type NamedTime } from "../command/times.ts";

/** `pushes failed`, `pushes resend`: pushes and campaign shards that failed. */
export function addPushCommands(program: Command, context: CommandContext): void {
  const pushes = program.command("pushes").description("failed pushes");
  pushes
    .command("failed")
    .description("list final failures, oldest first: how many were accepted, how many failed, and why")
    .addOption(sinceOption("24h"))
    .addOption(csvOption())
    .action(async (options: FailedOptions) => listFailed(context, options));
  pushes
    .command("resend <ids...>")
    .description("resend pushes (<pbx>~<id>) or shards (<run>/<shard>) to the registrations that failed")
    .addHelpText("after", resendHelp)
    .action(async (ids: readonly string[], options: Common) => resend(context, ids, options));
}

const resendHelp = `
pushes failed lists the ids. A push gets four more hours, a shard the lifetime of its campaign's pushes.
Exits with 1 if one of them could not be resent.
`;

interface FailedOptions extends ListOptions {
  readonly since: NamedTime;
}

async function listFailed(context: CommandContext, options: FailedOptions): Promise<void> {
  await withServices(context, options, async (services) => {
    const failures = (await findFailures(services, options.since(hereOf(services)).from)).map(describe);
    const rows = failures.map(({ id, failedAt, state, accepted, failed, codes }) => {
      const why = Object.entries(codes).map(([code, count]) => (count === 1 ? code : `${code} ×${count}`));
      return [id, failedAt, state, String(accepted), String(failed), why.join(", ")];
    });
    const headings = ["id", "when", "state", "accepted", "failed", "why"];
    printList(context, options, { items: failures, headings, rows, none: "No failures in that time." });
  });
}

/** Failed pushes and failed shards, oldest first. */
async function findFailures(services: Services, since: number): Promise<readonly FailedPush[]> {
  const [pushes, shards] = await Promise.all([findFailedPushes(services, since), findFailedShards(services, since)]);
  const failures = shards.map(({ runId, shard, ...counts }): FailedPush => {
    return { ...counts, id: `${runId}/${shard}`, state: counts.accepted > 0 ? "partly_sent" : "failed" };
  });
  return [...pushes, ...failures].toSorted((one, other) => one.failedAt - other.failedAt);
}

function describe({ failedAt, ...push }: FailedPush) {
  return { ...push, failedAt: new Date(failedAt).toISOString() };
}

/** `<run>/<shard>`, as `failed` shows it. */
const shardId = /^[A-Za-z]\w*~[^/]+\/\d+$/;

function requireIds(ids: readonly string[]): void {
  for (const id of ids) {
    if (shardId.test(id) || (id.includes("~") && pushKey.safeParse(id).success)) continue;
    throw new WrongUsage(`An id has the form <pbx>~<id> or <run>/<shard>, not ${id}`);
  }
}

const answers: Readonly<Record<Resent, string>> = {
  queued: "queued",
  unknown: "no such push; it may have been removed",
  nothing_failed: "nothing to resend: it did not fail, or a resend is in progress",
};

async function resend(context: CommandContext, ids: readonly string[], options: Common): Promise<void> {
  requireIds(ids);
  const change = { what: "pushes resend", subject: { ids: ids.slice(0, 20).join(" ") } };
  await withChange(context, options, change, async (services) => {
    const results: { readonly id: string; readonly result: Resent }[] = [];
    for (const id of new Set(ids)) results.push({ id, result: await resendOne(services, id) });
    if (results.some(({ result }) => result !== "queued")) context.exitCode = 1;
    print(context, options, results, results.map(({ id, result }) => `${id}: ${answers[result]}\n`).join(""));
  });
}

async function resendOne(services: Services, id: string): Promise<Resent> {
  const [runId = "", shard] = id.split("/", 2);
  if (shard === undefined) return resendPush(services, id);
  return (await resendShard(services, { runId, shard })) ? "queued" : "nothing_failed";
}
