import { createHash } from "node:crypto";

const fitsHeader = /^[\x21-\x7e]{1,64}$/;

/**
 * An `apns-collapse-id` for any id: the id itself, or its hash if it has more than APNs' 64 bytes or characters that a
 * header cannot carry. The same id always gives the same result.
 */
export function buildApnsCollapseId(id: string): string {
  return fitsHeader.test(id) ? id : createHash("sha256").update(id).digest("base64url");
}
