import { z } from "zod";
import { documentId } from "../parse-input.ts";
import type { CallReport } from "../wire.ts";

/** An app install's own id: it becomes a Firestore document id. */
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

/** `registerDevice`. */
export const registerDeviceInput = z.object({
  deviceId,
  platform: z.enum(["android", "ios", "web"]),
  registration,
  appVersion: z.string().max(64).nullish(),
  locale: z.string().max(35).nullish(),
});

/** `unregisterDevice`. */
export const unregisterDeviceInput = z.object({ deviceId });

/** `reportCall`. To a phone the call's id is opaque. */
export const reportCallInput = z.object({
  callId: documentId(/^[A-Za-z0-9._:@~-]{1,200}$/, "must be the callId of a push"),
  deviceId,
  event: z.enum(["received", "ready", "answered", "declined", "ended"]),
}) satisfies z.ZodType<CallReport>;

/** More campaigns than anyone plans. Limited, because the list is copied to every device of the user. */
const maxMuted = 50;

/** `muteCampaigns`. */
export const muteCampaignsInput = z.object({
  campaigns: z
    .array(z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,63}$/, "must be a letter and up to 63 more letters and digits"))
    .max(maxMuted)
    .refine((campaigns) => new Set(campaigns).size === campaigns.length, "must name each campaign once"),
});
