import { FieldValue, Timestamp } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import { findRun, noCounts, runRef, shardRef, shardsTopic, type ShardDocument, type ShardMessage } from "./run.ts";
import { buildIncrements } from "./shard-lease.ts";

/** A shard of a run with failed devices. */
export interface FailedShard {
  readonly runId: string;
  readonly shard: string;
  /** Milliseconds since the epoch. */
  readonly failedAt: number;
  readonly accepted: number;
  readonly failed: number;
  /** Number of failures by error. */
  readonly codes: Readonly<Record<string, number>>;
}

/** The shards that finished with failed devices since a time (milliseconds since the epoch), oldest first. */
export async function findFailedShards({ db }: Services, since: number): Promise<readonly FailedShard[]> {
  const failed = db.collectionGroup("shards").where("failedAt", ">=", Timestamp.fromMillis(since)).orderBy("failedAt");
  const found = await failed.select("failedAt", "counts", "errors").get();
  return found.docs.map((snapshot) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by this folder only
    const { failedAt, counts, errors } = snapshot.data() as Pick<ShardDocument, "failedAt" | "counts" | "errors">;
    return {
      runId: snapshot.ref.parent.parent?.id ?? "",
      shard: snapshot.id,
      failedAt: failedAt?.toMillis() ?? since,
      accepted: counts.accepted,
      failed: counts.failed,
      codes: errors,
    };
  });
}

/**
 * Resends a run to the failed devices of a shard, with the original TTL. False if the shard does not exist or has no
 * failed devices.
 */
export async function resendShard(services: Services, id: Pick<ShardMessage, "runId" | "shard">): Promise<boolean> {
  const run = await findRun(services.db, id.runId);
  if (run === undefined || !(await reopen(services, id))) return false;
  const { campaign, content } = run;
  const expiresAt = services.clock.now() + run.expiresAt.toMillis() - run.scheduledAt.toMillis();
  const message: ShardMessage = { ...id, campaign, content, expiresAt };
  await services.publisher.publish(shardsTopic, [message]);
  return true;
}

/** Subtracts the shard from its run; the worker that finishes it again adds it back. */
async function reopen({ db, clock }: Services, id: Pick<ShardMessage, "runId" | "shard">): Promise<boolean> {
  return db.runTransaction(async (transaction) => {
    const snapshot = await transaction.get(shardRef(db, id));
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by this folder only
    const shard = snapshot.data() as ShardDocument | undefined;
    if (shard?.state !== "done" || shard.failedAt === undefined) return false;
    transaction.update(snapshot.ref, {
      state: "sending",
      leaseEndsAt: Timestamp.fromMillis(clock.now()),
      pending: shard.failed,
      failed: {},
      errors: {},
      counts: { ...shard.counts, failed: noCounts.failed },
      failedAt: FieldValue.delete(),
      finishedAt: FieldValue.delete(),
    });
    const reopened = { ...buildIncrements(shard, -1), state: "sending", finishedAt: FieldValue.delete() };
    transaction.set(runRef(db, id.runId), reopened, { merge: true });
    return true;
  });
}
