import type { Command } from "commander";
import { findFailedShards, resendShard } from "../../functions/src/campaigns/failed-shards.ts";
import { findFailedPushes, type FailedPush } from "../../functions/src/pushes/failed-pushes.ts";
import { pushKey } from "../../functions/src/pushes/push-id.ts";
import { resendPush, type Resent } from "../../functions/src/pushes/resend-push.ts";
import type { Services } from "../../functions/src/services.ts";
import type { Desk } from "../command/desk.ts";
import { WrongUsage } from "../command/errors.ts";
import { print, withServices, type Common } from "../command/operation.ts";
import { formatTable } from "../command/table.ts";

/** `pushes failed`, `pushes resend`: pushes and campaigns that have not reached everybody. */
export function addPushCommands(program: Command, desk: Desk): void {
  const pushes = program.command("pushes").description("pushes that have not reached everybody");
  pushes
    .command("failed")
    .description("list what has finally failed, oldest first: how many FCM took, how many not, and why")
    .option("--since <age>", "how far back to look, as 90m, 24h or 7d", parseAge, parseAge("24h"))
    .action(async (options: FailedOptions) => listFailed(desk, options));
  pushes
    .command("resend <ids...>")
    .description("send pushes (<pbx>~<id>) or shards (<run>/<shard>) again to those that they have not reached")
    .addHelpText("after", resendHelp)
    .action(async (ids: readonly string[], options: Common) => resend(desk, ids, options));
}

const resendHelp = `
The ids are those that failed lists. A push gets four more hours, a shard as long as its campaign's pushes live.
Exits with 1 when one of them could not be sent again.
`;

interface FailedOptions extends Common {
  /** In milliseconds. */
  readonly since: number;
}

const unitMs: Readonly<Record<string, number>> = { m: 60_000, h: 60 * 60_000, d: 24 * 60 * 60_000 };

function parseAge(age: string): number {
  const [, number, unit = ""] = /^(\d{1,6})([mhd])$/.exec(age) ?? [];
  const ms = Number(number) * (unitMs[unit] ?? Number.NaN);
  if (Number.isNaN(ms)) throw new WrongUsage(`--since takes an age as 90m, 24h or 7d, not ${age}`);
  return ms;
}

async function listFailed(desk: Desk, options: FailedOptions): Promise<void> {
  await withServices(desk, options, async (services) => {
    const failures = (await findFailures(services, services.clock.now() - options.since)).map(describe);
    const rows = failures.map(({ id, failedAt, state, accepted, failed, codes }) => {
      const why = Object.entries(codes).map(([code, count]) => (count === 1 ? code : `${code} ×${count}`));
      return [id, failedAt, state, String(accepted), String(failed), why.join(", ")];
    });
    const table = formatTable(["id", "when", "state", "accepted", "failed", "why"], rows, desk.out.isTTY);
    print(desk, options, failures, rows.length === 0 ? "Nothing has failed in that time.\n" : table);
  });
}

/** Everything that has finally failed, whatever kind it is of. */
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
    throw new WrongUsage(`A push is called <pbx>~<id>, or <run>/<shard>, and not ${id}`);
  }
}

const answers: Readonly<Record<Resent, string>> = {
  queued: "queued",
  unknown: "there is no such push (any more)",
  nothing_failed: "nothing of it has failed, or it is already being sent again",
};

async function resend(desk: Desk, ids: readonly string[], options: Common): Promise<void> {
  requireIds(ids);
  await withServices(desk, options, async (services) => {
    const results: { readonly id: string; readonly result: Resent }[] = [];
    for (const id of new Set(ids)) results.push({ id, result: await resendOne(services, id) });
    if (results.some(({ result }) => result !== "queued")) desk.exitCode = 1;
    print(desk, options, results, results.map(({ id, result }) => `${id}: ${answers[result]}\n`).join(""));
  });
}

async function resendOne(services: Services, id: string): Promise<Resent> {
  const [runId = "", shard] = id.split("/", 2);
  if (shard === undefined) return resendPush(services, id);
  return (await resendShard(services, { runId, shard })) ? "queued" : "nothing_failed";
}
