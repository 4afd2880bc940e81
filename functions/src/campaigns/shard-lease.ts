import { randomUUID } from "node:crypto";
import { FieldValue, Timestamp, type DocumentSnapshot } from "firebase-admin/firestore";
import { TryAgain } from "../errors.ts";
import { hasStatus } from "../firestore/status.ts";
import type { Services } from "../services.ts";
import { noCounts, runRef, shardRef, type ShardDocument, type ShardMessage } from "./run.ts";
import type { Progress } from "./shard-progress.ts";

/** Six missed saves: the worker is presumed dead. */
const leaseMs = 30_000;

/** A worker's lease on a shard, and the state it starts from. */
export interface ShardLease {
  /** What earlier workers recorded. */
  readonly begun: ShardDocument;
  /** Records the progress and renews the lease. Throws {@link TryAgain} when another worker has taken over. */
  save(progress: Progress): Promise<void>;
  /** Marks the shard as done and adds it to its run, in one batch. */
  finish(progress: Progress): Promise<void>;
  /** Records the progress and ends the lease, so that the next worker need not wait until it expires. */
  release(progress: Progress): Promise<void>;
}

/**
 * Leases a shard; `undefined` if it is done. Throws {@link TryAgain} while another worker has the lease: Pub/Sub must
 * keep the message, because that worker may still die.
 */
export async function leaseShard(services: Services, message: ShardMessage): Promise<ShardLease | undefined> {
  const ref = shardRef(services.db, message);
  const leased = newLease(services);
  const fresh = {
    ...leased,
    cursor: "",
    pending: {},
    counts: noCounts,
    errors: {},
    failed: {},
    startedAt: now(services),
  };
  try {
    const { writeTime } = await ref.create(fresh);
    return buildLease(services, message, fresh, writeTime);
  } catch (error) {
    if (!hasStatus(error, "ALREADY_EXISTS")) throw error;
  }
  const snapshot = await ref.get();
  const begun = readShard(snapshot);
  if (begun.state === "done") return undefined;
  if (begun.leaseEndsAt.toMillis() > services.clock.now()) throw new TryAgain("Another worker sends this shard");
  const { writeTime } = await guarded(() => ref.update({ ...leased }, { lastUpdateTime: snapshot.updateTime! }));
  return buildLease(services, message, { ...begun, ...leased }, writeTime);
}

function newLease(services: Services) {
  return { state: "sending", lease: randomUUID(), leaseEndsAt: now(services, leaseMs) } as const;
}

function buildLease(services: Services, message: ShardMessage, begun: ShardDocument, writeTime: Timestamp): ShardLease {
  const { db } = services;
  const ref = shardRef(db, message);
  // If another worker takes the shard over, it updates the document, and the next write here fails.
  let lastUpdateTime = writeTime;
  const write = async (progress: Progress, leaseEndsAt: Timestamp) => {
    ({ writeTime: lastUpdateTime } = await guarded(() => ref.update({ ...progress, leaseEndsAt }, { lastUpdateTime })));
  };
  return {
    begun,
    save: (progress) => write(progress, now(services, leaseMs)),
    release: (progress) => write(progress, now(services)),
    finish: async (progress) => {
      const batch = db.batch();
      const finishedAt = now(services);
      const failed = progress.counts.failed > 0 && { failedAt: finishedAt };
      batch.update(ref, { ...progress, state: "done", finishedAt, ...failed }, { lastUpdateTime });
      batch.set(runRef(db, message.runId), buildIncrements(progress, 1), { merge: true });
      await guarded(() => batch.commit());
    },
  };
}

/**
 * Increments that add a shard to its run, or with -1 subtract it, without reading the run: many shards may finish in
 * the same second.
 */
export function buildIncrements({ counts, errors }: Pick<Progress, "counts" | "errors">, factor: 1 | -1) {
  return {
    shardsDone: FieldValue.increment(factor),
    counts: incrementBy({ ...counts }, factor),
    // Firestore would not merge an empty map: it would replace the errors of other shards.
    ...(Object.keys(errors).length > 0 && { errors: incrementBy(errors, factor) }),
  };
}

function incrementBy(amounts: Readonly<Record<string, number>>, factor: 1 | -1) {
  const entries = Object.entries(amounts);
  return Object.fromEntries(entries.map(([name, amount]) => [name, FieldValue.increment(amount * factor)]));
}

async function guarded<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (hasStatus(error, "FAILED_PRECONDITION"))
      throw new TryAgain("Another worker has taken this shard over", { cause: error });
    throw error;
  }
}

function now({ clock }: Services, laterMs = 0): Timestamp {
  return Timestamp.fromMillis(clock.now() + laterMs);
}

function readShard(snapshot: DocumentSnapshot): ShardDocument {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by this folder only
  return snapshot.data() as ShardDocument;
}
