import type { Outcome } from "./outcome.ts";

/** One reason why FCM or APNs would refuse a message; `path` points into it, as in `data.from`. */
export interface MessageIssue {
  readonly code: "payload_too_large" | "reserved_key" | "invalid_value";
  readonly path: string;
  readonly message: string;
}

/** The outcome of a message that is not sent because of an issue. */
export function rejectIssue({ code, path, message }: MessageIssue): Outcome {
  return { status: "rejected", code, message: `${path}: ${message}` };
}
