import { settleWithin } from "../settle-within.ts";
import type { Services } from "../services.ts";
import { buildCallId, findCall } from "./call.ts";
import type { Wake } from "./record-call.ts";
import { findEndReason } from "./state.ts";

/** A push that waits for longer than this for the record's word leaves without it. */
const patienceMs = 2000;

/**
 * Whether a phone that is about to be woken for a call may still ring for it: the end may have come while FCM or Firestore
 * kept the push waiting. A record that cannot be read in two seconds keeps nobody from ringing.
 */
export async function stillRings(services: Services, wake: Wake, deviceId: string): Promise<boolean> {
  try {
    const call = await settleWithin(findCall(services.db, wake), patienceMs);
    return call === undefined || findEndReason(call, deviceId, wake.exten) === undefined;
  } catch (error) {
    services.log.warn("call_not_read", { callId: buildCallId(wake), error });
    return true;
  }
}
