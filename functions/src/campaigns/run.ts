import type { DocumentReference, Firestore, Timestamp } from "firebase-admin/firestore";
import type { Content } from "./campaign.ts";

/** Number of devices by result. The sum is the number of devices processed. */
export interface Counts {
  /** FCM accepted the push. */
  readonly accepted: number;
  /** FCM reported the registration as unregistered; the device is forgotten. */
  readonly unregistered: number;
  /** FCM refused, or could not be reached in time: see `errors`, and `failed` in the shards. */
  readonly failed: number;
  /** Muted by the user, stale, or the same registration as another device. */
  readonly skipped: number;
}

/** Counts of zero. */
export const noCounts: Counts = { accepted: 0, unregistered: 0, failed: 0, skipped: 0 };

/** `campaignRuns/{campaign~time}`: one run of a campaign. */
export interface RunDocument {
  readonly campaign: string;
  readonly content: Content;
  /** `publishing` while shards are being published, `sending` until the last of them is done. */
  readonly state: "publishing" | "sending" | "done";
  readonly shards: number;
  readonly shardsPublished: number;
  readonly shardsDone: number;
  readonly counts: Counts;
  /**
   * Number of failures by error: FCM's code (with APNs' reason: `INVALID_ARGUMENT/BadDeviceToken`) or one of the
   * client's own.
   */
  readonly errors: Readonly<Record<string, number>>;
  /** When the campaign was due. */
  readonly scheduledAt: Timestamp;
  /** Nothing is sent at or after it. */
  readonly expiresAt: Timestamp;
  readonly createdAt: Timestamp;
  readonly finishedAt?: Timestamp;
}

/** `campaignRuns/{run}/shards/{n}`: how far one shard of a run has come. */
export interface ShardDocument {
  readonly state: "sending" | "done";
  /** Id of the worker that has the lease; only it may write until `leaseEndsAt`. */
  readonly lease: string;
  readonly leaseEndsAt: Timestamp;
  /** All devices up to this id, in id order, are processed or in `pending`. */
  readonly cursor: string;
  /** Devices to retry, with their last error. */
  readonly pending: Readonly<Record<string, string>>;
  readonly counts: Counts;
  readonly errors: Readonly<Record<string, number>>;
  /** Failed devices, with their error. */
  readonly failed: Readonly<Record<string, string>>;
  readonly startedAt: Timestamp;
  readonly finishedAt?: Timestamp;
  /** When it finished with failed devices; operators search by it. */
  readonly failedAt?: Timestamp;
}

/** The Pub/Sub topic of shard messages. */
export const shardsTopic = "campaign-shards";

/**
 * What a worker needs of a run, so that it need not read the run's document. Times are milliseconds since the epoch.
 */
export interface ShardMessage {
  readonly runId: string;
  readonly campaign: string;
  readonly shard: string;
  readonly content: Content;
  readonly expiresAt: number;
}

/** The document of a run. */
export function runRef(db: Firestore, runId: string): DocumentReference {
  return db.collection("campaignRuns").doc(runId);
}

/** The run with this id, or `undefined` if there is none. */
export async function findRun(db: Firestore, runId: string): Promise<RunDocument | undefined> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by this folder only
  return (await runRef(db, runId).get()).data() as RunDocument | undefined;
}

/** The last runs of all campaigns by id, newest first. */
export async function listRuns(db: Firestore, limit: number): Promise<ReadonlyMap<string, RunDocument>> {
  const { docs } = await db.collection("campaignRuns").orderBy("createdAt", "desc").limit(limit).get();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by this folder only
  return new Map(docs.map((snapshot) => [snapshot.id, snapshot.data() as RunDocument]));
}

/** Calls `onChange` with the run now and after each change; returns a function that stops this. */
export function watchRun(db: Firestore, runId: string, onChange: (run: RunDocument) => void): () => void {
  return runRef(db, runId).onSnapshot((snapshot) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by this folder only
    if (snapshot.exists) onChange(snapshot.data() as RunDocument);
  });
}

/** The document of a run's shard. */
export function shardRef(db: Firestore, { runId, shard }: Pick<ShardMessage, "runId" | "shard">): DocumentReference {
  return runRef(db, runId).collection("shards").doc(shard);
}

/**
 * The id of the run due at a time (milliseconds since the epoch). Repeated triggers get the same id, so there is one
 * run.
 */
export function buildRunId(campaign: string, scheduledAt: number): string {
  return `${campaign}~${new Date(scheduledAt).toISOString()}`;
}
