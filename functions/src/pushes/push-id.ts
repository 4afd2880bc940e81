import { documentId } from "../parse-input.ts";

/** A push's id as its PBX gives it, or one of ours. Another PBX may have a push of the same id. */
export const pushId = documentId(/^[A-Za-z0-9._:@-]{1,128}$/, "must be 1 to 128 of A-Z a-z 0-9 . _ : @ -");

/** A push's key, as it comes in a message or from an operator. */
export const pushKey = documentId(/^[A-Za-z0-9._:@~-]{1,200}$/, "must be <pbx>~<id>");

/**
 * The key of a push among those of all PBXs, `<pbx>~<id>`: its document's id, what logs and operators call it, and what
 * later pushes of the same id collapse with on a phone. Neither a PBX nor an id has a `~`, so that no two pushes share one.
 */
export function buildPushKey(pbxId: string, id: string): string {
  // Firestore keeps __…__ to itself, which a PBX `__a` and an id `b__` would add up to.
  return pbxId.startsWith("__") ? `~${pbxId}~${id}` : `${pbxId}~${id}`;
}
