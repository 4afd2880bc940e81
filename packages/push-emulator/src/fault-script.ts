import { parseApnsFault } from "./apns/fault.ts";
import type { ApnsFault } from "./apns/fault.ts";
import { invalidFault } from "./fault-fields.ts";
import { parseFcmFault } from "./fcm/fault.ts";
import type { FcmFault } from "./fcm/fault.ts";
import { isJsonObject } from "./json.ts";

/** What the next matching sends of one channel get instead of its answer. */
export type Fault = FcmFault | ApnsFault;

/** A fault of FCM as scripted: every field is optional except those that say what goes wrong. */
export type FcmFaultScript = Partial<Omit<FcmFault, "retry_after">> & { readonly retry_after?: string | number };

/** A fault of APNs as scripted. */
export type ApnsFaultScript = Partial<ApnsFault> & Pick<ApnsFault, "channel">;

/** A fault as scripted; without a channel it is one of FCM. */
export type FaultScript = FcmFaultScript | ApnsFaultScript;

/** Parses a posted fault; throws 400 with the reason. */
export function parseFault(value: unknown): Fault {
  if (!isJsonObject(value)) throw invalidFault("the body must be a JSON object");
  switch (value["channel"]) {
    case undefined:
    case "fcm":
      return parseFcmFault(value);
    case "apns":
      return parseApnsFault(value);
    default:
      throw invalidFault("channel must be fcm or apns");
  }
}
