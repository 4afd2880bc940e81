import type { PushData } from "../../stack/push.ts";
import type { ReportedCall } from "./call-kit.ts";

/** The call of a VoIP push; of a push without one, a call without a caller. */
export function readReportedCall(data: PushData): ReportedCall {
  const { callId, linkedId = "", exten = "", callerId: number = "", callerName, callType = "" } = data;
  const id = callId ?? crypto.randomUUID();
  return { id, linkedId: linkedId || id, callId: id, exten, number, name: callerName || number, callType };
}
