import { z } from "zod";

/** An app install's own id: it becomes a Firestore document id. */
export const deviceId = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,128}$/, "must be 1 to 128 of A-Z a-z 0-9 . _ : -")
  .refine((value) => !/^(?:\.\.?|__.*__)$/.test(value), "must not be ., .. or __…__");

/** Shorter than any token or installation id there is; some apps store `""` or `"abc"` until FCM has answered. */
const minRegistrationLength = 10;

/** The address of an app install at FCM. */
export const registration = z.object({
  kind: z.enum(["token", "fid"]),
  value: z
    .string()
    .min(minRegistrationLength, "is a placeholder, not a registration")
    .max(4096)
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
