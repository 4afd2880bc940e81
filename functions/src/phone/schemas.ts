import { z } from "zod";
import { campaigns } from "../campaigns/campaign.ts";
import { documentId } from "../parse-input.ts";
import { voipTopic } from "../voip-topic.ts";
import type { CallReport, DeviceFacts, DeviceInput, PushFacts, RequestOrder, VoipAddress } from "../wire.ts";

/** An app install's own id: in the first edition it was the id of a Firestore document. */
export const deviceId = documentId(/^[A-Za-z0-9._:-]{1,128}$/, "must be 1 to 128 of A-Z a-z 0-9 . _ : -");

/** Shorter than any token or installation id. Some apps store `""` or `"abc"` until FCM has answered. */
const minRegistrationLength = 10;

/** Six times what FCM issues today, and less than the 1,500 bytes of a value that Firestore indexes. */
const maxRegistrationLength = 1024;

/** The address of an app install at FCM. */
export const registration = z.object({
  kind: z.enum(["token", "fid"]),
  value: z
    .string()
    .min(minRegistrationLength, "must be a registration of FCM, not a placeholder")
    .max(maxRegistrationLength)
    .regex(/^[\x21-\x7e]+$/, "must be printable ASCII without spaces"),
});

/** Which request of the app it is, so that one that is late does not undo a later one. */
const order = z.object({ run: z.string().min(8).max(64), count: z.int().min(0) }) satisfies z.ZodType<RequestOrder>;

const voip = z.object({
  token: z
    .string()
    .regex(/^[0-9A-Fa-f]{16,400}$/, "must be hex")
    .toLowerCase(),
  topic: z.string().regex(voipTopic, "must be the app's bundle id and .voip"),
  environment: z.enum(["production", "sandbox"]),
}) satisfies z.ZodType<VoipAddress>;

/** More than anyone needs to explain a call that did not ring. */
const maxFacts = 20;

const facts = z
  .record(
    z.string().regex(/^[a-z][A-Za-z0-9]{0,31}$/, "must be a name such as osVersion"),
    z.union([z.boolean(), z.string().max(64)], "must be a boolean or a text of at most 64 characters"),
  )
  .refine((all) => Object.keys(all).length <= maxFacts, `must be at most ${maxFacts}`) satisfies z.ZodType<DeviceFacts>;

/** `registerDevice`. */
export const registerDeviceInput = z.object({
  deviceId,
  platform: z.enum(["android", "ios", "web"]),
  registration,
  appVersion: z.string().max(64).nullish(),
  locale: z.string().max(35).nullish(),
  voip: voip.nullish(),
  facts: facts.optional(),
  order: order.optional(),
}) satisfies z.ZodType<DeviceInput>;

/** `unregisterDevice`. */
export const unregisterDeviceInput = z.object({ deviceId, order: order.optional() });

const pushPriority = z.enum(["high", "normal"]);

const phoneTime = z.iso.datetime("must be a time in UTC such as 2026-11-30T05:00:00.000Z").max(40);

const pushFacts = z.object({
  receivedAt: phoneTime.optional(),
  sentAt: phoneTime.optional(),
  priority: pushPriority.optional(),
  originalPriority: pushPriority.optional(),
}) satisfies z.ZodType<PushFacts>;

/** `reportCall`. To a phone the call's id is opaque. */
export const reportCallInput = z
  .object({
    callId: documentId(/^[A-Za-z0-9._:@~-]{1,200}$/, "must be the callId of a push"),
    deviceId,
    event: z.enum(["received", "ready", "failed", "answered", "declined", "ended"]),
    reason: z.enum(["no_settings", "no_connection", "no_permission", "error"]).optional(),
    facts: pushFacts.optional(),
  })
  .refine(({ event, reason }) => event !== "failed" || reason !== undefined, {
    path: ["reason"],
    message: "is required with failed",
  }) satisfies z.ZodType<CallReport>;

/** `muteCampaigns`: an unknown campaign is refused, because the list is copied to every device of the user. */
export const muteCampaignsInput = z.object({
  campaigns: z
    .array(z.enum(campaigns.map(({ id }) => id)))
    .refine((muted) => new Set(muted).size === muted.length, "must name each campaign once"),
});
