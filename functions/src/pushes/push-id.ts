import { documentId } from "../parse-input.ts";

/** A push's id, given by its PBX or generated. Pushes of different PBXs may have the same id. */
export const pushId = documentId(/^[A-Za-z0-9._:@-]{1,128}$/, "must be 1 to 128 of A-Z a-z 0-9 . _ : @ -");

/** A push's key, as it comes in a message or from an operator. */
export const pushKey = documentId(/^[A-Za-z0-9._:@~-]{1,200}$/, "must be <pbx>~<id>");

/**
 * The key of a push, `<pbx>~<id>`, unique among all PBXs. It is the document's id, the name in logs and commands, and
 * the key by which later pushes with the same id collapse on a phone. Neither a PBX's id nor a push's id has a `~`, so
 * no two pushes share a key.
 */
export function buildPushKey(pbxId: string, id: string): string {
  // Firestore reserves __…__, which a PBX `__a` and an id `b__` would form.
  return pbxId.startsWith("__") ? `~${pbxId}~${id}` : `${pbxId}~${id}`;
}
