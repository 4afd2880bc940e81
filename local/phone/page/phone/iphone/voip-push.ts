import type { EndReason } from "../../../../../packages/client/src/call-client.ts";
import type { PushData } from "../../stack/push.ts";
import type { ReportedCall } from "./call-kit.ts";

/** The call of a VoIP push; of a push without one, a call without a caller. */
export function readReportedCall(data: PushData): ReportedCall {
  const { callId, linkedId = "", exten = "", callerId: number = "", callerName, callType = "" } = data;
  const id = callId ?? crypto.randomUUID();
  return { id, linkedId: linkedId || id, callId: id, exten, number, name: callerName || number, callType };
}

const endReasons: Readonly<Record<EndReason, true>> = {
  answered: true,
  answered_elsewhere: true,
  cancelled: true,
  missed: true,
  declined: true,
  busy: true,
  failed: true,
};

/** Whether a text is a reason of the service. */
export function isEndReason(text: string | undefined): text is EndReason {
  return text !== undefined && Object.hasOwn(endReasons, text);
}
