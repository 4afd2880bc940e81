import { FieldValue, Timestamp, type CollectionReference, type Firestore } from "firebase-admin/firestore";
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
  /** When Firestore's TTL policy removes it. */
  readonly removeAt: Timestamp;
}

/** The collection of changes. */
export function auditRef(db: Firestore): CollectionReference {
  return db.collection("audit");
}

/** Does the work, and records it before and after; `isDone` says whether work that did not throw was done. */
export async function recordChange<T>(
  { db, clock }: Services,
  change: Change,
  work: () => Promise<T>,
  isDone: () => boolean = () => true,
): Promise<T> {
  const removeAt = Timestamp.fromMillis(clock.now() + keptMs);
  const ref = auditRef(db).doc();
  await ref.create({ ...change, at: FieldValue.serverTimestamp(), removeAt });
  const result = await work().catch(async (error: unknown) => {
    // The error of the work says more than one of this write.
    await ref.update({ outcome: "failed" }).catch(() => undefined);
    throw error;
  });
  await ref.update({ outcome: isDone() ? "done" : "failed" });
  return result;
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
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by this file only
  return found.docs.map((record) => record.data() as AuditRecord);
}
