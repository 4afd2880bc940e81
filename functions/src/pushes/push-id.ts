import { documentId } from "../parse-input.ts";

/** A push's id, which the PBX may choose: it is the Firestore document's. */
export const pushId = documentId(/^[A-Za-z0-9._:@-]{1,128}$/, "must be 1 to 128 of A-Z a-z 0-9 . _ : @ -");
