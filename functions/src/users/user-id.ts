import { documentId } from "../parse-input.ts";

/** A uid that can name a document. A custom token may have any string of 1 to 128 characters. */
export const userId = documentId(/^[^/\p{Cc}\p{Cs}]{1,128}$/u, "must be 1 to 128 characters without a slash").describe(
  "A user of Firebase Auth",
);

/** Whether a uid can name a document. */
export function isUserId(uid: string): boolean {
  return userId.safeParse(uid).success;
}
