import { z } from "zod";
import { extenNumber } from "../lines/exten-number.ts";
import { documentId } from "../parse-input.ts";
import type { PushTarget } from "../pushes/push.ts";
import { pushId } from "../pushes/push-id.ts";
import { isTimeZone, usualTimeZone } from "../time-zone.ts";
import { userId } from "../users/user-id.ts";
import { data } from "./data-map.ts";
import { answerSchemas, requestSchemas } from "./route.ts";
import { flagValue, lineOf, optionalLineOf, parseJsonText, proseOf, timeValue, wholeNumber } from "./text.ts";

/** The PBX's id of a call: Asterisk's Linkedid. It becomes part of a Firestore document id. */
export const callId = documentId(/^[A-Za-z0-9._:@-]{1,128}$/, "must be 1 to 128 of A-Z a-z 0-9 . _ : @ -").describe(
  "Asterisk's Linkedid: 1 to 128 of `A-Z a-z 0-9 . _ : @ -`",
);

/** The PBX's id of a ring. */
export const ringId = z
  .string()
  .regex(/^[A-Za-z0-9._:@-]{1,128}$/, "must be 1 to 128 of A-Z a-z 0-9 . _ : @ -")
  .describe("The PBX's id of this ring, unique without the call_id: 1 to 128 of `A-Z a-z 0-9 . _ : @ -`");

/** A time in an answer: ISO 8601 in UTC. */
export const isoTime = z.iso.datetime();

/** Longer than any token FCM has issued. */
const registrationToken = lineOf(4096).min(1).describe("An FCM registration token");

const callType = lineOf(32)
  .min(1)
  .nullish()
  .transform((value) => value ?? "voice")
  .describe("Default: `voice`");

const caller = {
  caller_id: optionalLineOf(64).describe("The caller's number"),
  caller_name: optionalLineOf(255).describe("The caller's name"),
  call_type: callType,
};

/** `POST /send`. */
export const sendBody = z
  .object({
    fcm_token: registrationToken,
    title: proseOf(1024).min(1),
    body: proseOf(4096).min(1),
    ...caller,
    data,
  })
  .register(requestSchemas, { id: "SendRequest" });

/** `POST /send-batch`. A form with a single token has no array. */
export const sendBatchBody = z
  .object({
    tokens: z.union([z.array(registrationToken).min(1).max(500), registrationToken.transform((token) => [token])], {
      error: "must be an array of 1 to 500 registration tokens",
    }),
    title: proseOf(1024).min(1),
    body: proseOf(4096).min(1),
    data,
  })
  .register(requestSchemas, { id: "SendBatchRequest" });

const waitSeconds = wholeNumber(0, 25)
  .nullish()
  .transform((value) => value ?? 0)
  .describe("How long the answer may be held, in seconds; default: 0");

/** `POST /calls`. */
export const callBody = z
  .object({
    call_id: callId,
    exten: extenNumber,
    ring_id: ringId
      .nullish()
      .describe(
        "The PBX's id of this ring, unique without the call_id: 1 to 128 of `A-Z a-z 0-9 . _ : @ -`. The same id again is a repeat; a request without an id is a repeat if a ring of the exten lives",
      ),
    ...caller,
    ring_seconds: wholeNumber(5, 120)
      .nullish()
      .transform((value) => value ?? 30)
      .describe("How long the phones ring, in seconds; default: 30"),
    wait_seconds: waitSeconds,
  })
  .register(requestSchemas, { id: "CallRequest" });

const timeZone = z
  .string()
  .max(64)
  .refine(isTimeZone, "must be a time zone such as Europe/Berlin")
  .describe("A name of the IANA time zone database");

/** `GET /calls/{call_id}`. */
export const callQuery = z.object({
  ring_id: ringId.nullish().describe("Only the rings with this id"),
  exten: extenNumber.nullish().describe("Only the rings of this exten"),
  wait_seconds: waitSeconds,
  verdict: flagValue.nullish().describe("Whether the answer says why phones did or did not ring"),
  time_zone: timeZone
    .nullish()
    .transform((value) => value ?? usualTimeZone)
    .describe(`The time zone of the times in a verdict; default: \`${usualTimeZone}\``),
});

/** Why phones stop ringing. */
export const endReason = z
  .enum(["answered", "answered_elsewhere", "cancelled", "missed", "declined", "busy", "failed"])
  .register(requestSchemas, { id: "EndReason" })
  .register(answerSchemas, { id: "EndReason" });

/** `POST /calls/{call_id}/end`. If the caller hangs up early, the dialplan has no DIALSTATUS and sends neither. */
export const endBody = z
  .object({
    reason: endReason.nullish().describe("The end reason; takes precedence over `dialstatus`"),
    dialstatus: optionalLineOf(32).describe(
      "Asterisk's DIALSTATUS: `ANSWER`, `CANCEL`, `NOANSWER`, `BUSY`; any other value means `failed`",
    ),
    ring_id: ringId.nullish().describe("The rings with this id, announced already or later"),
    exten: extenNumber.nullish().describe("The living rings of this exten"),
  })
  .register(requestSchemas, { id: "EndRequest" });

/** The envelope of the PBX's WebSocket server; its other fields are ignored. */
export const eventBody = z
  .object({
    type: z.unknown().describe("3 for an event of Asterisk"),
    data: z
      .record(z.string(), z.unknown())
      .nullish()
      .describe("The event: `Event`, `Context`, `Exten`, `CallerIDNum`, `Linkedid`, …"),
  })
  .register(requestSchemas, { id: "EventRequest" });

/** https://firebase.google.com/docs/cloud-messaging/send-topic-messages */
const fcmTopic = z.string().regex(/^[a-zA-Z0-9_.~%-]{1,900}$/, "must be 1 to 900 of A-Z a-z 0-9 - _ . ~ %");

const pushTarget = z
  .object({
    token: registrationToken.nullish(),
    tokens: z.array(registrationToken).min(1).max(500).nullish(),
    exten: extenNumber.nullish(),
    uid: userId.nullish(),
    fcm_topic: fcmTopic.nullish(),
  })
  .describe("Exactly one of these")
  .transform((given, context): PushTarget => {
    const { fcm_topic: topic, ...others } = given;
    const targets = Object.entries({ ...others, fcmTopic: topic }).filter(([, value]) => value != null);
    if (targets.length === 1) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the one field that is left is one of the union's
      return Object.fromEntries(targets) as unknown as PushTarget;
    }
    context.addIssue({ code: "custom", message: "must have one of token, tokens, exten, uid, fcm_topic" });
    return z.NEVER;
  });

/** `POST /pushes`. */
export const pushBody = z
  .object({
    id: pushId.nullish().describe("The same id again from the same PBX is the same push; default: a generated id"),
    // A form carries it as JSON text.
    target: z.preprocess((value, context) => {
      return typeof value === "string" ? parseJsonText(value, context) : value;
    }, pushTarget),
    title: proseOf(1024).nullish(),
    body: proseOf(4096).nullish(),
    data: data.superRefine((map, context) => {
      for (const key of Object.keys(map).filter((name) => /^__.*__$/s.test(name))) {
        context.addIssue({
          code: "custom",
          path: [key],
          message: "must have another name: Firestore reserves __…__",
        });
      }
    }),
    silent: flagValue.nullish().describe("Wakes the app and shows nothing"),
    reserved_at: timeValue.nullish().describe("When it is due; default: at once"),
    expires_at: timeValue.nullish().describe("When it expires; default: 4 hours after it is due"),
  })
  .refine(({ silent, title, body }) => silent === true || Boolean(title) || Boolean(body), {
    path: ["title"],
    message: "is required, or a body, unless the push is silent",
  })
  .refine(({ silent, title, body }) => silent !== true || !(title || body), {
    path: ["silent"],
    message: "must come without title and body",
  })
  .register(requestSchemas, { id: "PushRequest" });

/** `PUT /lines/{exten}`: the owner. */
export const lineBody = z
  .object({
    uid: userId.optional().describe("Used as given"),
    email: z.email().optional().describe("Looked up in Firebase Auth"),
  })
  .refine(({ uid, email }) => (uid === undefined) !== (email === undefined), {
    path: ["uid"],
    message: "is required, or email, and not both",
  })
  .register(requestSchemas, { id: "LineRequest" });
