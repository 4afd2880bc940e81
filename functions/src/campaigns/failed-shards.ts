import { FieldValue, Timestamp } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import { findRun, noCounts, runRef, shardRef, shardsTopic, type ShardDocument, type ShardMessage } from "./run.ts";
import { buildIncrements } from "./shard-lease.ts";

/** A shard of a run that has not reached all of its devices. */
export interface FailedShard {
  readonly runId: string;
  readonly shard: string;
  /** Milliseconds since the epoch. */
  readonly failedAt: number;
  readonly accepted: number;
  readonly failed: number;
  /** How often each error came. */
  readonly codes: Readonly<Record<string, number>>;
}

/** The shards that have ended with a device not reached since a time (milliseconds since the epoch), oldest first. */
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
 * Sends a run once more to the devices of a shard that it has not reached, with as long to live as it had at first. False
 * when there is no such shard, or none of its devices has failed.
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

/** Takes the shard out of its run again; the worker that finishes it anew adds it once more. */
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
