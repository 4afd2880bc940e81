import { readAnnouncedCall, type PbxEvent } from "../functions/src/pbx-event.ts";
import type { CallFacts } from "./phone-calls.ts";

/** What a message on the PBX's WebSocket means to a phone. */
export type PbxWord =
  | { readonly kind: "call"; readonly facts: CallFacts }
  | { readonly kind: "hangup"; readonly linkedId: string };

/** Reads a message of the PBX's WebSocket; `undefined` when it is none of the phone's business. */
export function parsePbxMessage(data: unknown, trunkContextPrefix: string): PbxWord | undefined {
  const event = parseEvent(data);
  if (event === undefined) return undefined;
  const call = readAnnouncedCall(event, trunkContextPrefix.split(","));
  if (typeof call === "string") return parseHangup(event);
  const { linkedId, exten } = call;
  if (typeof linkedId !== "string" || linkedId === "") return undefined;
  const number = readText(call.callerId);
  const facts = { linkedId, exten, number, name: readText(call.callerName) || number, callType: "voice" };
  return { kind: "call", facts };
}

/** A call is over when its first channel hangs up, which is the one that gave it its Linkedid. */
function parseHangup({ type, data }: PbxEvent): PbxWord | undefined {
  if (type !== 3 || data?.["Event"] !== "Hangup") return undefined;
  const linkedId = data["Linkedid"];
  return typeof linkedId === "string" && data["Uniqueid"] === linkedId ? { kind: "hangup", linkedId } : undefined;
}

function parseEvent(data: unknown): PbxEvent | undefined {
  if (typeof data !== "string") return undefined;
  try {
    const event: unknown = JSON.parse(data);
    if (!isRecord(event)) return undefined;
    return { type: event["type"], data: isRecord(event["data"]) ? event["data"] : undefined };
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function readText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
