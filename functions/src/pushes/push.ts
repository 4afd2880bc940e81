import type { DocumentReference, DocumentSnapshot, Firestore, Timestamp } from "firebase-admin/firestore";
import type { FailureDetail } from "../transport/outcome.ts";
import type { Services } from "../services.ts";

/** The recipients of a push. */
export type PushTarget =
  | { readonly token: string }
  | { readonly tokens: readonly string[] }
  | { readonly exten: string }
  | { readonly uid: string }
  | { readonly fcmTopic: string };

/** The content of a push. A silent one has neither title nor body; any other has at least one of them. */
export interface PushContent {
  readonly silent: boolean;
  readonly title: string;
  readonly body: string;
  readonly data: Readonly<Record<string, string>>;
}

/** The states of a push; the last five are final. */
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

/** The outcome for one recipient; `waiting` will be retried. */
export type PushOutcome =
  | { readonly state: "accepted"; readonly messageId: string }
  | (FailureDetail & { readonly state: "failed" | "waiting"; readonly code: string });

/** Number of recipients by outcome. */
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
  /** Absent if it is sent at once. */
  readonly reservedAt?: Timestamp;
  /** Nothing is sent at or after it. */
  readonly expiresAt: Timestamp;
  /** When the minute job handles it next; absent once it has ended. */
  readonly dueAt?: Timestamp;
  /** Id of the lease; only the job or worker that holds it may work on the push until `dueAt`. */
  readonly lease?: string;
  /** Start of the next try: no worker may lease it before. */
  readonly notBefore?: Timestamp;
  /** When it was first tried. */
  readonly startedAt?: Timestamp;
  /** Most tries that any recipient had. */
  readonly tries?: number;
  /** The user of the exten when the push was first tried, or the uid; absent if there were no devices. */
  readonly uid?: string;
  /** The devices of that user when the push was first tried. */
  readonly deviceIds?: readonly string[];
  /** By device id, by index into `tokens`, or by `0`. */
  readonly outcomes: Readonly<Record<string, PushOutcome>>;
  readonly result?: PushCounts;
  /** When it ended with failed recipients; operators search by it. */
  readonly failedAt?: Timestamp;
  /** When Firestore's TTL policy removes it. */
  readonly removeAt?: Timestamp;
}

/** The Pub/Sub topic of pushes for the workers; a message is `{id}`, the push's key. */
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

/** The push with this key, or `undefined` if there is none. */
export async function findPush({ db }: Services, key: string): Promise<PushDocument | undefined> {
  const snapshot = await pushRef(db, key).get();
  return snapshot.exists ? readPush(snapshot) : undefined;
}

/**
 * Changes a push in one transaction and returns the result, or `undefined` if there is none. `change` is pure and may
 * run several times; it returns its argument to leave the push unchanged.
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
