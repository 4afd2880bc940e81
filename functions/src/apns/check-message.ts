import type { MessageIssue } from "../transport/message-issue.ts";
import type { ApnsMessage } from "./message.ts";

/** APNs' limit of JSON bytes for a VoIP push. */
const maxPayloadBytes = 5120;

/** Text that is allowed in a header, of at most the 64 bytes that APNs allows. */
const collapseIdForm = /^[\x21-\x7e]{1,64}$/;

/** Finds everything in a message that APNs would refuse; an empty result means that APNs accepts its shape. */
export function checkMessage({ payload, collapseId }: ApnsMessage): readonly MessageIssue[] {
  const issues: MessageIssue[] = [];
  const bytes = Buffer.byteLength(JSON.stringify(payload));
  if (bytes > maxPayloadBytes) {
    const message = `must have at most ${maxPayloadBytes} bytes as JSON for APNs, not ${bytes}`;
    issues.push({ code: "payload_too_large", path: "payload", message });
  }
  if (collapseId !== undefined && !collapseIdForm.test(collapseId)) {
    const message = "must be 1 to 64 visible ASCII characters";
    issues.push({ code: "invalid_value", path: "collapseId", message });
  }
  return issues;
}
