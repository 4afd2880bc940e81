import { FieldPath } from "firebase-admin/firestore";
import type { Services } from "../../services.ts";
import { readAudience, shardOf, shardRef } from "./audience.ts";
import { findDrift, type Drift } from "./audience-drift.ts";
import { groupDevices } from "../change-devices.ts";
import { devicesRef, readDevice } from "../device.ts";
import { listShards } from "./list-shards.ts";
import { readPages } from "../../firestore/pages.ts";
import { addMuted, settleDrift, type Place } from "./settle-drift.ts";

/** How many of the audience documents found at the start are done. */
export interface WalkProgress {
  readonly done: number;
  readonly total: number;
}

/** Options of a walk. */
export interface Walk {
  /** Target number of documents. */
  readonly shards: number;
  /** Whether to repair the audience. */
  readonly mend: boolean;
  readonly onDrift: (drift: Drift) => void;
  readonly onProgress?: ((progress: WalkProgress) => void) | undefined;
}

/**
 * Compares every device with every audience document, one document at a time. It checks suspected drift again in a
 * transaction, because phones may register meanwhile. After an interruption, the next call repairs the rest.
 */
export async function walkAudience(services: Services, { shards, mend, onDrift, onProgress }: Walk): Promise<void> {
  const found = await listShards(services);
  for (const [index, shard] of found.entries()) {
    for await (const suspects of findSuspects(services, { shard, shards })) {
      // Devices that go to the same documents share a transaction.
      const bound = suspects.map((deviceId) => ({ deviceId, audienceShard: shardOf(deviceId, shards) }));
      for (const group of groupDevices(bound)) {
        const deviceIds = group.map(({ deviceId }) => deviceId);
        for (const drift of await settleDrift(services, { shard, shards, mend }, deviceIds)) onDrift(drift);
      }
    }
    if (mend && !isShard(shard, shards)) await dropEmpty(services, shard);
    onProgress?.({ done: index + 1, total: found.length });
  }
}

/** Whether a document id is one of `shards` shards. */
export function isShard(id: string, shards: number): boolean {
  return /^(?:0|[1-9]\d*)$/.test(id) && Number(id) < shards;
}

/** The ids of devices with suspected drift in a shard, one page at a time. */
async function* findSuspects(services: Services, { shard, shards }: Place): AsyncGenerator<readonly string[]> {
  const entries = new Map(await readAudience(services, shard));
  const packed = devicesRef(services.db).where("audienceShard", "==", shard).orderBy(FieldPath.documentId());
  for await (const page of readPages(packed)) {
    const devices = await addMuted(services.db, services, page.map(readDevice));
    const suspects = devices.filter((device) => {
      const { deviceId } = device;
      return findDrift({ deviceId, device, entry: entries.get(deviceId) }, shard, shards).length > 0;
    });
    for (const { deviceId } of devices) entries.delete(deviceId);
    yield suspects.map(({ deviceId }) => deviceId);
  }
  // Entries of devices that did not name this shard when it was read.
  yield [...entries.keys()];
}

/** Removes a document that is no longer a shard, unless a device was packed into it meanwhile. */
async function dropEmpty({ db }: Services, shard: string): Promise<void> {
  await db.runTransaction(async (transaction) => {
    const document = await transaction.get(shardRef(db, shard));
    if (Object.keys(document.get("devices") ?? {}).length === 0) transaction.delete(document.ref);
  });
}
