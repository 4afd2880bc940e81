import type { CallEndedData, EndReason, IncomingCallData } from "../../../functions/src/wire.ts";
import type { CallFacts } from "./entry.ts";

const endReasons: Readonly<Record<EndReason, true>> = {
  answered: true,
  answered_elsewhere: true,
  cancelled: true,
  missed: true,
  declined: true,
  busy: true,
  failed: true,
};

/** Reads the data of a push about a call; `undefined` for any other push. */
export function parsePushData(data: Readonly<Record<string, unknown>>): IncomingCallData | CallEndedData | undefined {
  const callId = readText(data, "callId");
  if (callId === "") return undefined;
  switch (data["type"]) {
    case "incoming_call":
      return {
        type: "incoming_call",
        callId,
        linkedId: readText(data, "linkedId"),
        ...readPbxRingId(data),
        exten: readText(data, "exten"),
        callerId: readText(data, "callerId"),
        callerName: readText(data, "callerName"),
        callType: readText(data, "callType"),
        timestamp: readText(data, "timestamp"),
        expiresAt: readText(data, "expiresAt"),
      };
    case "call_ended":
      return { type: "call_ended", callId, ...readReason(data) };
    default:
      return undefined;
  }
}

/** The ring time in a push, in milliseconds; it does not depend on the phone's clock. */
export function readRingMs({ timestamp, expiresAt }: IncomingCallData): number | undefined {
  const ms = Date.parse(expiresAt) - Date.parse(timestamp);
  return ms > 0 ? ms : undefined;
}

/** The caller and the exten in a push. */
export function readFacts({
  callerId,
  callerName,
  callId,
  linkedId,
  pbxRingId,
  exten,
  callType,
}: IncomingCallData): CallFacts {
  const caller = { number: callerId, name: callerName || callerId };
  return { callId, linkedId, exten, ...caller, callType, ...(pbxRingId !== undefined && { pbxRingId }) };
}

/** Whether a text is a reason of the service. */
export function isEndReason(text: string | undefined): text is EndReason {
  return text !== undefined && Object.hasOwn(endReasons, text);
}

function readText(data: Readonly<Record<string, unknown>>, key: string): string {
  const value = data[key];
  return typeof value === "string" ? value : "";
}

function readPbxRingId(data: Readonly<Record<string, unknown>>): Pick<IncomingCallData, "pbxRingId"> {
  const pbxRingId = readText(data, "pbxRingId");
  return pbxRingId === "" ? {} : { pbxRingId };
}

/** An unknown reason ends the call too. */
function readReason(data: Readonly<Record<string, unknown>>): Pick<CallEndedData, "reason"> {
  const reason = readText(data, "reason");
  if (reason === "") return {};
  return { reason: isEndReason(reason) ? reason : "cancelled" };
}
