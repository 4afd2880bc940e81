import assert from "node:assert/strict";
import type { SeededDevice } from "../../local/cloud/seed-audience.ts";
import type { Kill } from "./kills.ts";
import { countByNumber, readRecords } from "./records.ts";
import type { WatchedShard } from "./run-watch.ts";
import type { Stage } from "./stage.ts";
import type { Trouble } from "./trouble.ts";

/** Each phone, offline until the end, has got one message, and all others have given way to it. */
export function assertNoRepeatSeen(stage: Stage, repeats: number): void {
  const records = readRecords(stage);
  const count = (wanted: string) =>
    records.map(({ accepted }) => accepted.filter(({ delivery }) => delivery === wanted).length);
  assert.deepEqual(countByNumber(count("delivered")), { 1: records.length });
  assert.equal(
    count("collapsed").reduce((sum, collapsed) => sum + collapsed, 0),
    repeats,
  );
}

/** A worker writes down every five seconds how far it is; a machine that is busy is forgiven three more. */
const mostSecondsLost = 8;

/** Nobody whom a record said to be done when its writer was killed gets it again, and those records were not old. */
export function assertFewRepeats(stage: Stage, kills: readonly (readonly Kill[])[], perSecond: number): void {
  const byShard = Map.groupBy(kills.flat(), ({ shard }) => shard);
  const records = readRecords(stage);
  for (const { deviceId, shard, accepted } of records) {
    const repeated = (byShard.get(shard) ?? []).filter(({ cursor }) => deviceId > cursor);
    const most = 1 + repeated.length;
    assert.ok(accepted.length <= most, `${deviceId} was sent to ${accepted.length} times, ${most} would do`);
  }
  const repeats = records.reduce((sum, { accepted }) => sum + accepted.length - 1, 0);
  const most = kills.length * Math.ceil(perSecond * mostSecondsLost);
  assert.ok(repeats <= most, `${repeats} messages were sent again, ${most} would do`);
}

const leastWaitMs = 10_000;

/** Whom FCM has asked to wait for has got it ten seconds after the shard was begun, or later. */
export function assertWaits(
  stage: Stage,
  shards: ReadonlyMap<string, WatchedShard>,
  { limited, unavailable }: Trouble,
): void {
  const retried = new Set([...limited, ...unavailable].map(({ deviceId }) => deviceId));
  for (const { deviceId, shard, accepted } of readRecords(stage)) {
    if (!retried.has(deviceId)) continue;
    const acceptedAt = Date.parse(accepted[0]?.acceptedAt ?? "");
    const waitedMs = acceptedAt - (shards.get(shard)?.document.startedAt.toMillis() ?? Number.NaN);
    assert.ok(waitedMs >= leastWaitMs, `${deviceId} was tried again after ${waitedMs} ms`);
  }
}

/** The dead are nowhere any more, and all others are where they were. */
export async function assertForgotten({ surroundings: { db }, devices }: Stage, dead: readonly SeededDevice[]) {
  const gone = new Set(dead);
  const left = new Set(devices.filter((device) => !gone.has(device)).map(({ deviceId }) => deviceId));
  const { docs } = await db.collection("devices").select().get();
  assert.deepEqual(new Set(docs.map(({ id }) => id)), left);
  const audience = await db.collection("audience").get();
  const packed = audience.docs.flatMap((document) => Object.keys(document.get("devices") as object));
  assert.deepEqual(new Set(packed), left);
  assert.equal(packed.length, left.size);
}
