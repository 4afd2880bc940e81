import { createHash } from "node:crypto";

const fitsHeader = /^[\x21-\x7e]{1,64}$/;

/**
 * An `apns-collapse-id` for any id: the id itself, or its hash when it has more than the 64 bytes APNs takes or
 * characters that no header may carry. The same id always gives the same result.
 */
export function buildApnsCollapseId(id: string): string {
  return fitsHeader.test(id) ? id : createHash("sha256").update(id).digest("base64url");
}
