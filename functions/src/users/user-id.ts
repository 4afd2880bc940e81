import { documentId } from "../parse-input.ts";

/** A user of Firebase Auth. */
export const userId = documentId(/^[^/\p{Cc}\p{Cs}]{1,128}$/u, "must be 1 to 128 characters without a slash").describe(
  "A user of Firebase Auth",
);
