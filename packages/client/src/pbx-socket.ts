import { readAnnouncedCall, readHungUpChannel, type PbxEvent } from "../../../functions/src/pbx-event.ts";
import type { CallFacts } from "./entry.ts";

/** The meaning of a message on the PBX's WebSocket. */
export type PbxMessage =
  | { readonly kind: "call"; readonly uniqueId: string; readonly facts: CallFacts }
  | { readonly kind: "hangup"; readonly uniqueId: string };

/** Reads a message of the PBX's WebSocket; `undefined` if the phone does not need it. */
export function parsePbxMessage(data: unknown, trunkContextPrefix: string): PbxMessage | undefined {
  const event = parseEvent(data);
  if (event === undefined) return undefined;
  const hungUp = readHungUpChannel(event);
  if (hungUp !== undefined) return { kind: "hangup", uniqueId: hungUp };
  const call = readAnnouncedCall(event, trunkContextPrefix.split(","));
  if (typeof call === "string" || call.linkedId === "") return undefined;
  const { linkedId, uniqueId, exten, callerId, callerName } = call;
  const facts = { linkedId, exten, number: callerId, name: callerName || callerId, callType: "voice" };
  return { kind: "call", uniqueId, facts };
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
