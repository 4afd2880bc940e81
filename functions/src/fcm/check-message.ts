import type { FcmMessage, Target } from "./message.ts";
import type { MessageIssue } from "../transport/message-issue.ts";
import { explainOversize } from "./payload-size.ts";

/** Finds everything in a message that FCM or APNs would refuse; an empty result means that both accept its shape. */
export function checkMessage(message: FcmMessage, target: Pick<Target, "kind">): readonly MessageIssue[] {
  const issues = Object.entries(message.data ?? {}).flatMap(([key, value]) => checkDatum(key, value));
  const oversize = explainOversize(message, target);
  if (oversize === undefined) return issues;
  const path = message.data === undefined ? "notification" : "data";
  return [...issues, { code: "payload_too_large", path, message: oversize }];
}

function checkDatum(key: string, value: unknown): MessageIssue[] {
  const path = `data.${key}`;
  if (isReserved(key)) {
    return [{ code: "reserved_key", path, message: "must have another name: FCM reserves this one" }];
  }
  if (typeof value !== "string") {
    return [{ code: "invalid_value", path, message: "must be a string: FCM accepts nothing else" }];
  }
  return [];
}

// FCM and its SDKs add these keys to what the phone receives (sender, kind, analytics). One of ours would be mistaken
// for theirs, so FCM refuses the whole message with 400.
const reserved = new Set(["from", "message_type", "gcm"]);

function isReserved(key: string): boolean {
  return reserved.has(key) || key.startsWith("google.") || key.startsWith("gcm.");
}
