import type { DocumentReference, DocumentSnapshot, Firestore, Timestamp } from "firebase-admin/firestore";
import type { FailureDetail } from "../fcm/outcome.ts";
import type { Services } from "../services.ts";

/** The recipients of a push. */
export type PushTarget =
  | { readonly token: string }
  | { readonly tokens: readonly string[] }
  | { readonly exten: string }
  | { readonly uid: string }
  | { readonly fcmTopic: string };

/** What a push says. A silent one has neither title nor body; of the others one may be empty. */
export interface PushContent {
  readonly silent: boolean;
  readonly title: string;
  readonly body: string;
  readonly data: Readonly<Record<string, string>>;
}

/** How far a push has come; the last five are final. */
export const pushStates = [
  "reserved",
  "queued",
  "sending",
  "sent",
  "partly_sent",
  "failed",
  "expired",
  "cancelled",
] as const;
export type PushState = (typeof pushStates)[number];

/** What became of the push for one recipient; `waiting` is to be tried again. */
export type PushOutcome =
  | { readonly state: "accepted"; readonly messageId: string }
  | (FailureDetail & { readonly state: "failed" | "waiting"; readonly code: string });

/** How many of a push's recipients met which end. */
export interface PushCounts {
  readonly accepted: number;
  readonly failed: number;
  /** Not known yet. */
  readonly pending: number;
}

/** `pushes/{pbx~id}`: one push of `POST /pushes`. */
export interface PushDocument {
  readonly pbxId: string;
  readonly target: PushTarget;
  readonly content: PushContent;
  readonly state: PushState;
  readonly createdAt: Timestamp;
  /** Absent when it was to be sent at once. */
  readonly reservedAt?: Timestamp;
  /** Nothing is sent at or after it. */
  readonly expiresAt: Timestamp;
  /** When the minute job looks at it next; absent once it is over. */
  readonly dueAt?: Timestamp;
  /** Names the job or worker that may work on it until `dueAt`. */
  readonly lease?: string;
  /** While it is queued for another try: no worker may lease it before. */
  readonly notBefore?: Timestamp;
  /** When it was first tried. */
  readonly startedAt?: Timestamp;
  /** How often its unluckiest recipient has been tried. */
  readonly tries?: number;
  /** The devices of the exten or uid when the push was first tried. */
  readonly deviceIds?: readonly string[];
  /** By device id, by index into `tokens`, or by `0`. */
  readonly outcomes: Readonly<Record<string, PushOutcome>>;
  readonly result?: PushCounts;
  /** When it ended with a recipient not reached: what operators look for. */
  readonly failedAt?: Timestamp;
  /** When Firestore's TTL policy removes it. */
  readonly removeAt?: Timestamp;
}

/** The Pub/Sub topic on which pushes are handed to the workers, as `{id}`: the push's key. */
export const pushesTopic = "pushes";

/** The collection of pushes. */
export function pushesRef(db: Firestore) {
  return db.collection("pushes");
}

/** Reads a snapshot that exists; only this folder writes pushes, so their shape is trusted. */
export function readPush(snapshot: DocumentSnapshot): PushDocument {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by this folder only
  return snapshot.data() as PushDocument;
}

/** The push of that key, or `undefined` when there is none any more. */
export async function findPush({ db }: Services, key: string): Promise<PushDocument | undefined> {
  const snapshot = await pushRef(db, key).get();
  return snapshot.exists ? readPush(snapshot) : undefined;
}

/**
 * Changes a push in one transaction and returns it as it is then, or `undefined` when it is not there. `change` is pure
 * and may run several times; it returns the push it was given to leave that alone.
 */
export async function changePush(
  { db }: Services,
  key: string,
  change: (push: PushDocument) => PushDocument,
): Promise<PushDocument | undefined> {
  const ref = pushRef(db, key);
  return db.runTransaction(async (transaction) => {
    const snapshot = await transaction.get(ref);
    if (!snapshot.exists) return undefined;
    const before = readPush(snapshot);
    const after = change(before);
    if (after !== before) transaction.set(ref, after);
    return after;
  });
}

function pushRef(db: Firestore, key: string): DocumentReference {
  return pushesRef(db).doc(key);
}
