import {
  FieldValue,
  Timestamp,
  type CollectionReference,
  type DocumentSnapshot,
  type Firestore,
} from "firebase-admin/firestore";
import type { Services } from "../services.ts";

/** How long a record is kept: two yearly reviews. */
const keptMs = 800 * 24 * 60 * 60 * 1000;

/** A change that an operator makes. */
export interface Change {
  /** Who: the account of the machine; Google's own audit logs have the proof. */
  readonly who: string;
  /** From where: the machine. */
  readonly from: string;
  /** What: the command, such as `keys revoke`. */
  readonly what: string;
  /** What it was done to. Never a key, a registration or caller data. */
  readonly subject: Readonly<Record<string, string>>;
}

/** `audit/{id}`: a change, and how it ended. A record without `outcome` is of a command that runs or has died. */
export interface AuditRecord extends Change {
  readonly at: Timestamp;
  readonly outcome?: "done" | "failed";
  /** What was done, of a change that may be done in part. Never a key, a registration or caller data. */
  readonly result?: Readonly<Record<string, string>>;
  /** When Firestore's TTL policy removes it. */
  readonly removeAt: Timestamp;
}

/** The collection of changes. */
export function auditRef(db: Firestore): CollectionReference {
  return db.collection("audit");
}

/** What a work that did not throw has to say. */
export interface Ending {
  readonly isDone: boolean;
  readonly result?: Readonly<Record<string, string>>;
}

/**
 * Does the work, and records it before and after; `end` says how work that did not throw has ended. The end may stay
 * unrecorded: what was done must be told all the same, as a new key is told once.
 */
export async function recordChange<T>(
  { db, clock, log }: Services,
  change: Change,
  work: () => Promise<T>,
  end: () => Ending = () => ({ isDone: true }),
): Promise<T> {
  const removeAt = Timestamp.fromMillis(clock.now() + keptMs);
  const ref = auditRef(db).doc();
  await ref.create({ ...change, at: FieldValue.serverTimestamp(), removeAt });
  const recordEnd = async ({ isDone, result }: Ending) => {
    try {
      await ref.update({ outcome: isDone ? "done" : "failed", ...(result !== undefined && { result }) });
    } catch (error) {
      log.error("audit_end_not_recorded", { what: change.what, record: ref.id, error });
    }
  };
  const done = await work().catch(async (error: unknown) => {
    await recordEnd({ isDone: false });
    throw error;
  });
  await recordEnd(end());
  return done;
}

/** The changes since a time, newest first. */
export async function listChanges(
  { db }: Services,
  { since, limit }: { readonly since: number; readonly limit: number },
): Promise<readonly AuditRecord[]> {
  const found = await auditRef(db)
    .where("at", ">=", Timestamp.fromMillis(since))
    .orderBy("at", "desc")
    .limit(limit)
    .get();
  return found.docs.map(readRecord);
}

/** Reads a snapshot that exists; only this file writes records, so their shape is trusted. */
export function readRecord(snapshot: DocumentSnapshot): AuditRecord {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by this file only
  return snapshot.data() as AuditRecord;
}
