import { z } from "zod";
import { lineOf, optionalLineOf, proseOf, wholeNumber } from "./text.ts";

/** The PBX's own name for a call: Asterisk's Linkedid. It becomes part of a Firestore document id. */
export const callId = z
  .string()
  .regex(/^[A-Za-z0-9._:@-]{1,128}$/, "must be 1 to 128 of A-Z a-z 0-9 . _ : @ -")
  .refine((value) => !/^(?:\.\.?|__.*__)$/.test(value), "must not be ., .. or __…__");

/** A number that rings, compared as written. */
export const extenNumber = z.string().regex(/^\+?[0-9*#]{1,32}$/, "must be an optional + and 1 to 32 digits, * or #");

/** Longer than any token FCM has issued. */
const registrationToken = lineOf(4096).min(1);

/** A form carries a map as JSON text. */
const data = z
  .union([
    z.record(z.string(), z.string()),
    z
      .string()
      .transform((text, context) => {
        try {
          return JSON.parse(text) as unknown;
        } catch {
          context.addIssue({ code: "custom", message: "is not JSON" });
          return z.NEVER;
        }
      })
      .pipe(z.record(z.string(), z.string())),
  ])
  .nullish()
  .transform((value) => value ?? {});

const callType = lineOf(32)
  .min(1)
  .nullish()
  .transform((value) => value ?? "voice");

const caller = { caller_id: optionalLineOf(64), caller_name: optionalLineOf(255), call_type: callType };

/** `POST /send`. */
export const sendBody = z.object({
  fcm_token: registrationToken,
  title: proseOf(1024),
  body: proseOf(4096),
  ...caller,
  data,
});

/** `POST /send-batch`. A form with a single token has no array. */
export const sendBatchBody = z.object({
  tokens: z.union([z.array(registrationToken).min(1).max(500), registrationToken.transform((token) => [token])]),
  title: proseOf(1024),
  body: proseOf(4096),
  data,
});

/** `POST /calls`. */
export const callBody = z.object({
  call_id: callId,
  exten: extenNumber,
  ...caller,
  ring_seconds: wholeNumber(5, 120)
    .nullish()
    .transform((value) => value ?? 30),
});

/** `PUT /lines/{exten}`: the owner, by uid or by email. */
export const lineBody = z.union([
  z
    .object({
      uid: lineOf(128)
        .min(1)
        .regex(/^[^/]+$/),
    })
    .strict(),
  z.object({ email: z.email() }).strict(),
]);
