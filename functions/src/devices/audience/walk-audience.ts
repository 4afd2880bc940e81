import { FieldPath } from "firebase-admin/firestore";
import { readPages } from "../../firestore/pages.ts";
import type { Services } from "../../services.ts";
import { devicesRef, readDevices, type Device } from "../device.ts";
import { groupDevices } from "../group-devices.ts";
import { addOwners } from "./add-owners.ts";
import { isShard, readEntries, shardRef } from "./audience.ts";
import { findDrift, type Drift } from "./audience-drift.ts";
import { listShards } from "./list-shards.ts";
import { mendGroup, type Mending } from "./mend-group.ts";
import type { Suspect } from "./settle-drift.ts";

/** How many of the audience documents found at the start are done. */
export interface WalkProgress {
  readonly done: number;
  readonly total: number;
}

/** One of several parts of the audience. */
export interface Part {
  readonly index: number;
  readonly of: number;
}

/** Options of a walk. */
export interface Walk {
  /** Target number of documents. */
  readonly shards: number;
  /** Whether to repair the audience. */
  readonly mend: boolean;
  /** The shard that a device belongs into. */
  readonly place: (device: Device) => string;
  /** Default: all documents. */
  readonly part?: Part | undefined;
  readonly onDrift: (drift: Drift) => void;
  readonly onProgress?: ((progress: WalkProgress) => void) | undefined;
}

/**
 * Compares every device with every audience document, one document at a time. It checks suspected drift again in a
 * transaction, because phones may register meanwhile. After an interruption, the next call repairs the rest. Returns the
 * errors of the documents and groups of devices that failed; they do not stop the others.
 */
export async function walkAudience(services: Services, walk: Walk): Promise<readonly unknown[]> {
  const { shards, mend, part = { index: 0, of: 1 }, onProgress } = walk;
  const all = await listShards(services);
  // By number, not by position: documents come and go between two nights.
  const found = all.filter((shard) => (isShard(shard, shards) ? Number(shard) : 0) % part.of === part.index);
  const failures: unknown[] = [];
  const full = new Set<string>();
  for (const [index, shard] of found.entries()) {
    try {
      await walkShard(services, { ...walk, shard, full, failures });
      if (mend && !isShard(shard, shards)) await dropEmpty(services, shard);
    } catch (error) {
      failures.push(error);
    }
    onProgress?.({ done: index + 1, total: found.length });
  }
  return failures;
}

async function walkShard(services: Services, walk: Walk & Mending): Promise<void> {
  for await (const suspects of findSuspects(services, walk.shard, walk)) {
    // Devices that go to the same documents share a transaction.
    const bound = suspects.map((suspect) => ({ ...suspect, audienceShard: suspect.target }));
    for (const group of groupDevices(bound)) await mendGroup(services, walk, group);
  }
}

/** The devices with suspected drift in a shard, one page at a time. */
async function* findSuspects(
  services: Services,
  shard: string,
  { place }: Pick<Walk, "place">,
): AsyncGenerator<readonly Suspect[]> {
  const entries = new Map(readEntries(await shardRef(services.db, shard).get()));
  const packed = devicesRef(services.db).where("audienceShard", "==", shard).orderBy(FieldPath.documentId());
  for await (const page of readPages(packed)) {
    const devices = await addOwners(services.db, services, readDevices(page));
    const suspects = devices.flatMap((device): Suspect[] => {
      const { id } = device;
      const target = place(device);
      return findDrift({ id, device, entry: entries.get(id) }, shard, target).length > 0 ? [{ id, target }] : [];
    });
    for (const { id } of devices) entries.delete(id);
    yield suspects;
  }
  // Entries of devices that did not name this shard when it was read.
  yield [...entries.keys()].map((id) => ({ id, target: shard }));
}

/** Removes a document that is no longer a shard, unless a device was packed into it meanwhile. */
async function dropEmpty({ db }: Services, shard: string): Promise<void> {
  await db.runTransaction(async (transaction) => {
    const document = await transaction.get(shardRef(db, shard));
    if (Object.keys(document.get("devices") ?? {}).length === 0) transaction.delete(document.ref);
  });
}
