import type { DocumentReference, Firestore, Timestamp } from "firebase-admin/firestore";
import type { Content } from "./campaign.ts";

/** How many devices met which end. Together they are all devices of the audience that were looked at. */
export interface Counts {
  /** FCM took the push. */
  readonly accepted: number;
  /** FCM called the registration dead; the device is forgotten. */
  readonly unregistered: number;
  /** FCM refused, or could not be reached in time: see `errors`, and `failed` in the shards. */
  readonly failed: number;
  /** Muted by the user, unseen for too long, or the same phone as another device. */
  readonly skipped: number;
}

/** Counts of zero. */
export const noCounts: Counts = { accepted: 0, unregistered: 0, failed: 0, skipped: 0 };

/** `campaignRuns/{campaign~time}`: one run of a campaign. */
export interface RunDocument {
  readonly campaign: string;
  readonly content: Content;
  /** `publishing` while shards are being handed out, `sending` until the last of them is done. */
  readonly state: "publishing" | "sending" | "done";
  readonly shards: number;
  readonly shardsPublished: number;
  readonly shardsDone: number;
  readonly counts: Counts;
  /** How often each error came, by FCM's code (with APNs' reason: `INVALID_ARGUMENT/BadDeviceToken`) or one of the client's own. */
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
  /** Names the worker that sends; only it may write until `leaseEndsAt`. */
  readonly lease: string;
  readonly leaseEndsAt: Timestamp;
  /** Every device up to this id, in the order of the ids, has been seen to, or stands in `pending`. */
  readonly cursor: string;
  /** The devices that are to be tried again, and what went wrong the last time. */
  readonly pending: Readonly<Record<string, string>>;
  readonly counts: Counts;
  readonly errors: Readonly<Record<string, number>>;
  /** The devices that did not get the push, and why. */
  readonly failed: Readonly<Record<string, string>>;
  readonly startedAt: Timestamp;
  readonly finishedAt?: Timestamp;
  /** When it ended with a device not reached: what operators look for. */
  readonly failedAt?: Timestamp;
}

/** The Pub/Sub topic that shards are handed out on. */
export const shardsTopic = "campaign-shards";

/** What a worker must know of a run, so that it does not read the run. Times are milliseconds since the epoch. */
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

/** The run of that id, or `undefined` when there is none any more. */
export async function findRun(db: Firestore, runId: string): Promise<RunDocument | undefined> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by this folder only
  return (await runRef(db, runId).get()).data() as RunDocument | undefined;
}

/** The last runs of all campaigns, newest first, by their ids. */
export async function listRuns(db: Firestore, limit: number): Promise<ReadonlyMap<string, RunDocument>> {
  const { docs } = await db.collection("campaignRuns").orderBy("createdAt", "desc").limit(limit).get();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by this folder only
  return new Map(docs.map((snapshot) => [snapshot.id, snapshot.data() as RunDocument]));
}

/** Hears of a run now and whenever it changes; returns what stops that. */
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

/** The id of the run that is due at a time, milliseconds since the epoch: however often it is triggered, there is one. */
export function buildRunId(campaign: string, scheduledAt: number): string {
  return `${campaign}~${new Date(scheduledAt).toISOString()}`;
}
