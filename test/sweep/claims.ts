import assert from "node:assert/strict";
import type { SeededDevice } from "../../harness/seed-audience.ts";
import type { CutShard, Kill } from "./kills.ts";
import { countByNumber, readRecords, type DeviceRecord } from "./records.ts";
import type { WatchedShard } from "./run-watch.ts";
import type { Setup } from "./setup.ts";
import type { DeviceFaults } from "./device-faults.ts";

/** Fails unless each phone, offline until the end, got one message, and all later ones collapsed with it. */
export function assertNoRepeatSeen(setup: Setup, repeats: number): void {
  const records = readRecords(setup);
  const count = (wanted: string) =>
    records.map(({ accepted }) => accepted.filter(({ delivery }) => delivery === wanted).length);
  assert.deepEqual(countByNumber(count("delivered")), { 1: records.length });
  assert.equal(
    count("collapsed").reduce((sum, collapsed) => sum + collapsed, 0),
    repeats,
  );
}

/** A worker saves its progress every five seconds; three more allow for a busy machine. */
const oldestRecordMs = 8_000;

/** Fails when a device got a repeat that a killed worker had recorded, or when a record was too old at the kill. */
export function assertFewRepeats(setup: Setup, kills: readonly Kill[]): void {
  const records = readRecords(setup);
  const cuts = Map.groupBy(
    kills.flatMap(({ shards }) => shards),
    ({ shard }) => shard,
  );
  for (const { id, shard, accepted } of records) {
    const most = 1 + (cuts.get(shard) ?? []).filter(({ cursor }) => id > cursor).length;
    assert.ok(accepted.length <= most, `${id} was sent to ${accepted.length} times, ${most} are allowed`);
  }
  const byShard = Map.groupBy(records, ({ shard }) => shard);
  for (const { at, shards } of kills) {
    for (const cut of shards) {
      const ageMs = at - findFirstUnrecorded(byShard.get(cut.shard) ?? [], cut, at);
      assert.ok(
        ageMs <= oldestRecordMs,
        `a worker had not recorded a message that it sent ${ageMs} ms before its kill`,
      );
    }
  }
}

/** When FCM accepted the first message of a worker that no record had when it was killed; else the time of the kill. */
function findFirstUnrecorded(records: readonly DeviceRecord[], { cursor, claimedAt }: CutShard, killedAt: number) {
  const accepted = records.filter(({ id }) => id > cursor).flatMap((record) => record.accepted);
  const times = accepted.map(({ acceptedAt }) => Date.parse(acceptedAt)).filter((time) => time >= claimedAt);
  return times.reduce((first, time) => Math.min(first, time), killedAt);
}

const leastWaitMs = 10_000;

/** Fails unless devices that FCM answered with a wait got the message at least ten seconds after the shard began. */
export function assertWaits(
  setup: Setup,
  shards: ReadonlyMap<string, WatchedShard>,
  { limited, unavailable }: DeviceFaults,
): void {
  const retried = new Set([...limited, ...unavailable].map(({ id }) => id));
  for (const { id, shard, accepted } of readRecords(setup)) {
    if (!retried.has(id)) continue;
    const acceptedAt = Date.parse(accepted[0]?.acceptedAt ?? "");
    const waitedMs = acceptedAt - (shards.get(shard)?.document.startedAt.toMillis() ?? Number.NaN);
    assert.ok(waitedMs >= leastWaitMs, `${id} was tried again after ${waitedMs} ms`);
  }
}

/** Fails unless the dead devices are gone everywhere, and all others are unchanged. */
export async function assertForgotten({ surroundings: { db }, devices }: Setup, dead: readonly SeededDevice[]) {
  const gone = new Set(dead);
  const left = new Set(devices.filter((device) => !gone.has(device)).map(({ id }) => id));
  const { docs } = await db.collection("devices").select().get();
  assert.deepEqual(new Set(docs.map(({ id }) => id)), left);
  const audience = await db.collection("audience").get();
  const packed = audience.docs.flatMap((document) => Object.keys(document.get("devices") as object));
  assert.deepEqual(new Set(packed), left);
  assert.equal(packed.length, left.size);
}
