import { documentId } from "../parse-input.ts";

/** Firebase Auth's limit. The Admin SDK counts as JavaScript does, an emoji as two, and throws beyond. */
const maxLength = 128;

const form = "must be 1 to 128 characters without a slash";

/** A uid that can name a document. A custom token may have any string of 1 to 128 characters. */
export const userId = documentId(/^[^/\p{Cc}\p{Cs}]{1,128}$/u, form)
  .refine((uid) => uid.length <= maxLength, form)
  .describe("A user of Firebase Auth");

/** Whether a uid can name a document. */
export function isUserId(uid: string): boolean {
  return userId.safeParse(uid).success;
}

/** Whether Firebase Auth can be asked for a uid: the Admin SDK throws on others. */
export function isAuthUid(uid: string): boolean {
  return uid !== "" && uid.length <= maxLength;
}
