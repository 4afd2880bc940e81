import type { ApnsMessage } from "../apns/message.ts";
import { buildCallData, type RingingCall } from "./call-push.ts";

/** The VoIP push that makes an iPhone ring: the app must report the call to CallKit before it does anything else. */
export function buildVoipPush(call: RingingCall): ApnsMessage {
  return { payload: { aps: {}, ...buildCallData(call) } };
}
