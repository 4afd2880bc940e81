import { z } from "zod";
import { keyGrant } from "../keys/pbx-key.ts";
import { isEmail } from "../users/find-users.ts";
import { isUserId } from "../users/user-id.ts";

const lastMs = Date.parse("9999-01-01T00:00:00Z");

/** A time with its offset; in milliseconds since the epoch. */
export const time = z.iso
  .datetime({ offset: true, error: "must be a time such as 2026-11-30T05:03:02Z" })
  .max(40)
  // What is no time was refused above.
  .refine((text) => !(Date.parse(text) < 0 || Date.parse(text) >= lastMs), "must be a time from 1970 to 9998")
  .transform((text) => Date.parse(text));

/** The name of a PBX. */
export const pbxId = keyGrant.shape.pbxId;

/** What Firebase Auth takes for an email. */
const email = /^[^@\s\p{Cc}\p{Cs}]+@[^@\s\p{Cc}\p{Cs}]+$/u;

/** A uid, or an email. */
export const userName = z
  .string()
  .max(320)
  .refine((name) => (isEmail(name) ? email.test(name) : isUserId(name)), "must be a uid or an email");
