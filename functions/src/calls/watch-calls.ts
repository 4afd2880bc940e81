import { Timestamp } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import { isAnnounced, readCall, type CallDocument } from "./call.ts";

/** Who hears of calls. */
export interface CallWatch {
  /** Only calls that began then or later, in milliseconds since the epoch. */
  readonly since: number;
  /** `changedAt` is when Firestore took the last change, in milliseconds since the epoch. */
  readonly onCall: (callId: string, call: CallDocument, changedAt: number) => void;
  /** Nothing is heard after it. */
  readonly onError: (error: Error) => void;
}

/** Hears of every call as it stands now and whenever it changes; returns what stops that. */
export function watchCalls({ db }: Services, { since, onCall, onError }: CallWatch): () => void {
  const begun = db.collection("calls").where("createdAt", ">=", Timestamp.fromMillis(since)).orderBy("createdAt");
  return begun.onSnapshot((snapshot) => {
    for (const { type, doc } of snapshot.docChanges()) {
      if (type !== "removed" && isAnnounced(doc)) onCall(doc.id, readCall(doc), doc.updateTime.toMillis());
    }
  }, onError);
}
