import { parseArgs } from "node:util";
import { findFailedShards, resendShard } from "../functions/src/campaigns/failed-shards.ts";
import { findFailedPushes, type FailedPush } from "../functions/src/pushes/failed-pushes.ts";
import { pushKey } from "../functions/src/pushes/push-id.ts";
import { resendPush, type Resent } from "../functions/src/pushes/resend-push.ts";
import type { Services } from "../functions/src/services.ts";
import { runCommand, WrongUsage } from "./command.ts";
import { connect } from "./connect.ts";
import { formatTable } from "./table.ts";

const usage = `Pushes and campaigns that have not reached everybody.

  npm run pushes -- failed [--since 24h] --project <id>
      Lists what has finally failed, oldest first: how many FCM took, how many not, and why.

  npm run pushes -- resend <id>… --project <id>
      Sends a push (<pbx>~<its id>, as failed lists it), or a shard of a campaign's run (<run>/<shard>), again to
      every recipient it has not reached.
      A push gets four more hours for that, a shard as long as its campaign's pushes live.
      Exits with 1 when one of them could not be sent again.

  --project <id>   a Firebase project; one that begins with demo- is the local stack's
  --since <age>    how far back to look, as 90m, 24h or 7d; 24h unless you say otherwise
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      project: { type: "string" },
      since: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const [command, ...ids] = positionals;
  if (command !== "failed" && command !== "resend") throw new WrongUsage("Say failed or resend");
  if (command === "failed" && ids.length > 0) throw new WrongUsage("failed lists all pushes: leave the ids out");
  if (command === "resend") requireIds(ids);
  if (command === "resend" && values.since !== undefined) throw new WrongUsage("resend takes ids, not --since");
  const ageMs = parseAge(values.since ?? "24h");
  if (values.project === undefined) throw new WrongUsage("Say which project: --project <id>");
  const { services, close } = await connect(values.project);
  try {
    return command === "failed" ? await listFailed(services, Date.now() - ageMs) : await resend(services, ids);
  } finally {
    await close();
  }
}

/** `<run>/<shard>`, as `failed` shows it. */
const shardId = /^[A-Za-z]\w*~[^/]+\/\d+$/;

function requireIds(ids: readonly string[]): void {
  if (ids.length === 0) throw new WrongUsage("Say which pushes to send again");
  for (const id of ids) {
    if (shardId.test(id) || (id.includes("~") && pushKey.safeParse(id).success)) continue;
    throw new WrongUsage(`A push is called <pbx>~<id>, or <run>/<shard>, and not ${id}`);
  }
}

const unitMs: Readonly<Record<string, number>> = { m: 60_000, h: 60 * 60_000, d: 24 * 60 * 60_000 };

function parseAge(age: string): number {
  const [, number, unit = ""] = /^(\d{1,6})([mhd])$/.exec(age) ?? [];
  const ms = Number(number) * (unitMs[unit] ?? Number.NaN);
  if (Number.isNaN(ms)) throw new WrongUsage(`--since takes an age as 90m, 24h or 7d, not ${age}`);
  return ms;
}

/** Everything that has finally failed, whatever kind it is of. */
async function findFailures(services: Services, since: number): Promise<readonly FailedPush[]> {
  const [pushes, shards] = await Promise.all([findFailedPushes(services, since), findFailedShards(services, since)]);
  const failures = shards.map(({ runId, shard, ...counts }): FailedPush => {
    return { ...counts, id: `${runId}/${shard}`, state: counts.accepted > 0 ? "partly_sent" : "failed" };
  });
  return [...pushes, ...failures].toSorted((one, other) => one.failedAt - other.failedAt);
}

async function listFailed(services: Services, since: number): Promise<number> {
  const failures = await findFailures(services, since);
  if (failures.length === 0) process.stderr.write("Nothing has failed in that time.\n");
  else process.stdout.write(formatTable(["id", "when", "state", "accepted", "failed", "why"], failures.map(describe)));
  return 0;
}

function describe({ id, failedAt, state, accepted, failed, codes }: FailedPush): string[] {
  const why = Object.entries(codes).map(([code, count]) => (count === 1 ? code : `${code} ×${count}`));
  return [id, new Date(failedAt).toISOString(), state, String(accepted), String(failed), why.join(", ")];
}

const refusals: Readonly<Record<Exclude<Resent, "queued">, string>> = {
  unknown: "there is no such push (any more)",
  nothing_failed: "nothing of it has failed, or it is already being sent again",
};

async function resendPart(services: Services, shard: { runId: string; shard: string }): Promise<Resent> {
  return (await resendShard(services, shard)) ? "queued" : "nothing_failed";
}

async function resend(services: Services, ids: readonly string[]): Promise<number> {
  let refused = 0;
  for (const id of new Set(ids)) {
    const [runId = "", shard] = id.split("/", 2);
    const resent = shard === undefined ? await resendPush(services, id) : await resendPart(services, { runId, shard });
    if (resent === "queued") process.stdout.write(`${id}: queued\n`);
    else {
      process.stderr.write(`${id}: ${refusals[resent]}\n`);
      refused += 1;
    }
  }
  return refused === 0 ? 0 : 1;
}

await runCommand(main);
