// Bodies of FCM's answers, from the sources named with each.
import { errorBody, fcmError } from "./fcm-answers.ts";

const violationsOf = (field: string, description: string) => ({
  "@type": "type.googleapis.com/google.rpc.BadRequest",
  fieldViolations: [{ field, description }],
});

/** The detail with the reason of APNs. */
export function apnsError(statusCode: number, reason: string) {
  return { "@type": "type.googleapis.com/google.firebase.fcm.v1.ApnsError", statusCode, reason };
}

/** https://firebase.google.com/docs/cloud-messaging/error-codes, example 2: an invalid registration token. */
export const invalidToken = errorBody(
  400,
  "INVALID_ARGUMENT",
  [fcmError("INVALID_ARGUMENT")],
  "The registration token is not a valid FCM registration token",
);

/** https://bloomberg.github.io/pushiko/fcm_responses, "Invalid registration token": the same in an older form. */
export const invalidTokenOlder = errorBody(
  400,
  "INVALID_ARGUMENT",
  [fcmError("INVALID_ARGUMENT"), violationsOf("message.token", "Invalid registration token")],
  "Request contains an invalid argument.",
);

const wrongType = "Invalid value at 'message.data[0].value' (TYPE_STRING), 12";

/** https://firebase.google.com/docs/cloud-messaging/error-codes, example 1: a number in `data`. */
export const wrongValue = errorBody(
  400,
  "INVALID_ARGUMENT",
  [violationsOf("message.data[0].value", wrongType)],
  wrongType,
);

/** https://bloomberg.github.io/pushiko/fcm_responses, "Missing registration token". */
export const missingRecipient = errorBody(
  400,
  "INVALID_ARGUMENT",
  [violationsOf("message", "Recipient of the message is not set."), fcmError("INVALID_ARGUMENT")],
  "Recipient of the message is not set.",
);

/** https://bloomberg.github.io/pushiko/fcm_responses, "Payload too large". */
export const payloadTooLarge = errorBody(400, "INVALID_ARGUMENT", [], "Request contains an invalid argument.");

/** https://bloomberg.github.io/pushiko/fcm_responses, "Unregistered token". */
export const unregistered = errorBody(404, "NOT_FOUND", [fcmError("UNREGISTERED")], "Requested entity was not found.");

/** An iPhone that APNs does not know in this environment: FCM's FcmError and APNs' own reason. */
export const badDeviceToken = errorBody(
  400,
  "INVALID_ARGUMENT",
  [fcmError("INVALID_ARGUMENT"), apnsError(400, "BadDeviceToken")],
  "Request contains an invalid argument.",
);

/** From public reports: an iPhone whose app is gone, when the answer is not the 404. */
export const disabledAtApns = errorBody(
  400,
  "INVALID_ARGUMENT",
  [fcmError("INVALID_ARGUMENT"), apnsError(410, "Unregistered")],
  "APNs device token is disabled.",
);
