import { z } from "zod";
import { documentId } from "../parse-input.ts";
import { userId } from "../users/user.ts";
import type { PushTarget } from "../pushes/push.ts";
import { pushId } from "../pushes/push-id.ts";
import { data } from "./data-map.ts";
import { flagValue, lineOf, optionalLineOf, parseJsonText, proseOf, timeValue, wholeNumber } from "./text.ts";

/** The PBX's own name for a call: Asterisk's Linkedid. It becomes part of a Firestore document id. */
export const callId = documentId(/^[A-Za-z0-9._:@-]{1,128}$/, "must be 1 to 128 of A-Z a-z 0-9 . _ : @ -").describe(
  "Asterisk's Linkedid: 1 to 128 of `A-Z a-z 0-9 . _ : @ -`",
);

/** What the PBX calls a ring. */
export const ringId = z
  .string()
  .regex(/^[A-Za-z0-9._:@-]{1,128}$/, "must be 1 to 128 of A-Z a-z 0-9 . _ : @ -")
  .describe("What the PBX calls this ring, unique by itself: 1 to 128 of `A-Z a-z 0-9 . _ : @ -`");

/** A number that rings, compared as written. */
export const extenNumber = z
  .string()
  .regex(/^\+?[0-9*#]{1,32}$/, "must be an optional + and 1 to 32 digits, * or #")
  .describe("The number that rings, as the line spells it: an optional `+` and 1 to 32 digits, `*` or `#`");

/** Longer than any token FCM has issued. */
const registrationToken = lineOf(4096).min(1).describe("An FCM registration token");

const callType = lineOf(32)
  .min(1)
  .nullish()
  .transform((value) => value ?? "voice")
  .describe("`voice` when left out");

const caller = {
  caller_id: optionalLineOf(64).describe("The number that calls"),
  caller_name: optionalLineOf(255).describe("The name that calls"),
  call_type: callType,
};

/** `POST /send`. */
export const sendBody = z.object({
  fcm_token: registrationToken,
  title: proseOf(1024).min(1),
  body: proseOf(4096).min(1),
  ...caller,
  data,
});

/** `POST /send-batch`. A form with a single token has no array. */
export const sendBatchBody = z.object({
  tokens: z.union([z.array(registrationToken).min(1).max(500), registrationToken.transform((token) => [token])], {
    error: "must be an array of 1 to 500 registration tokens",
  }),
  title: proseOf(1024).min(1),
  body: proseOf(4096).min(1),
  data,
});

const waitSeconds = wholeNumber(0, 25)
  .nullish()
  .transform((value) => value ?? 0)
  .describe("How long the answer may be held, in seconds; not at all when left out");

/** `POST /calls`. */
export const callBody = z.object({
  call_id: callId,
  exten: extenNumber,
  ring_id: ringId
    .nullish()
    .describe(
      "What the PBX calls this ring, unique by itself: 1 to 128 of `A-Z a-z 0-9 . _ : @ -`. The same again is a repeat; without one, a ring of the exten that lives makes it so",
    ),
  ...caller,
  ring_seconds: wholeNumber(5, 120)
    .nullish()
    .transform((value) => value ?? 30)
    .describe("How long the phones are to ring, in seconds; 30 when left out"),
  wait_seconds: waitSeconds,
});

/** `GET /calls/{call_id}`. */
export const callQuery = z.object({
  ring_id: ringId.nullish().describe("Only the rings of this name"),
  exten: extenNumber.nullish().describe("Only the rings of this exten"),
  wait_seconds: waitSeconds,
});

/** Why phones stop ringing. */
export const endReason = z.enum([
  "answered",
  "answered_elsewhere",
  "cancelled",
  "missed",
  "declined",
  "busy",
  "failed",
]);

/** `POST /calls/{call_id}/end`. A dialplan whose caller gave up early has no DIALSTATUS, and leaves both out. */
export const endBody = z.object({
  reason: endReason.nullish().describe("Why, in our words; comes before `dialstatus`"),
  dialstatus: optionalLineOf(32).describe(
    "Why, in Asterisk's: `ANSWER`, `CANCEL`, `NOANSWER`, `BUSY`; anything else has failed",
  ),
  ring_id: ringId.nullish().describe("The rings of this name, known or still to come"),
  exten: extenNumber.nullish().describe("The living rings of this exten"),
});

/** The envelope of the PBX's WebSocket server: whatever else it carries is none of our business. */
export const eventBody = z.object({
  type: z.unknown().describe("3 for an event of Asterisk"),
  data: z
    .record(z.string(), z.unknown())
    .nullish()
    .describe("The event: `Event`, `Context`, `Exten`, `CallerIDNum`, `Linkedid`, …"),
});

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
    id: pushId.nullish().describe("The same id again from the same PBX is the same push; one of ours when left out"),
    // A form carries it as JSON text.
    target: z.preprocess((value, context) => {
      return typeof value === "string" ? parseJsonText(value, context) : value;
    }, pushTarget),
    title: proseOf(1024).nullish(),
    body: proseOf(4096).nullish(),
    data: data.superRefine((map, context) => {
      for (const key of Object.keys(map).filter((name) => /^__.*__$/s.test(name))) {
        context.addIssue({ code: "custom", path: [key], message: "cannot be stored: Firestore keeps __…__ to itself" });
      }
    }),
    silent: flagValue.nullish().describe("Wakes the app and shows nothing"),
    reserved_at: timeValue.nullish().describe("When it is due; at once when left out"),
    expires_at: timeValue
      .nullish()
      .describe("When it is no longer worth sending; 4 hours after it is due when left out"),
  })
  .refine(({ silent, title, body }) => silent === true || Boolean(title) || Boolean(body), {
    path: ["title"],
    message: "or a body is required, unless the push is silent",
  })
  .refine(({ silent, title, body }) => silent !== true || !(title || body), {
    path: ["silent"],
    message: "goes with neither title nor body",
  });

/** `PUT /lines/{exten}`: the owner. */
export const lineBody = z
  .object({
    uid: userId.optional().describe("Taken as it is"),
    email: z.email().optional().describe("Looked up in Firebase Auth"),
  })
  .refine(({ uid, email }) => (uid === undefined) !== (email === undefined), "give either uid or email");
