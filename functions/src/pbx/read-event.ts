import type { NoCall, PbxEvent } from "../pbx-event.ts";
import { readAnnouncedCall, readPbxId } from "../pbx-event.ts";

/** What an event of Asterisk means to the service. `ringId` is the channel's Uniqueid. */
export type EventMeaning =
  | {
      readonly kind: "announced";
      readonly linkedId: string | undefined;
      readonly ringId: string | undefined;
      readonly exten: string;
      readonly callerId: string;
      readonly callerName: string;
    }
  | { readonly kind: "hungUp"; readonly linkedId: string | undefined; readonly ringId: string | undefined }
  | { readonly kind: "answered"; readonly linkedId: string | undefined }
  | { readonly kind: "ignored"; readonly reason: NoCall };

/** The limits of `POST /calls`, in characters. */
const longestNumber = 64;
const longestName = 255;

/** Reads an event of the PBX's WebSocket server. */
export function readEvent(event: PbxEvent, trunkContextPrefixes: readonly string[]): EventMeaning {
  const { type, data } = event;
  if (type !== 3) return { kind: "ignored", reason: "not_a_pbx_event" };
  const uniqueId = readPbxId(data?.["Uniqueid"]) || undefined;
  // The DialEnd of a call that the PBX itself started has only the dialled channel.
  const linkedId = readPbxId(data?.["Linkedid"]) || readPbxId(data?.["DestLinkedid"]) || uniqueId;
  const ids = { linkedId, ringId: uniqueId };
  switch (data?.["Event"]) {
    case "Hangup":
      return uniqueId === undefined ? { kind: "ignored", reason: "not_announced" } : { kind: "hungUp", ...ids };
    case "DialEnd":
      return data["DialStatus"] === "ANSWER"
        ? { kind: "answered", ...ids }
        : { kind: "ignored", reason: "not_an_answer" };
    case "BridgeEnter":
      return joinsTalk(data) ? { kind: "answered", ...ids } : { kind: "ignored", reason: "not_an_answer" };
    default: {
      const call = readAnnouncedCall(event, trunkContextPrefixes);
      if (typeof call === "string") return { kind: "ignored", reason: call };
      const callerId = readLine(call.callerId, longestNumber);
      return {
        kind: "announced",
        ...ids,
        exten: call.exten,
        callerId,
        callerName: readLine(call.callerName, longestName),
      };
    }
  }
}

/** Two channels in a bridge talk. One alone waits for the other, and a holding bridge plays music to a parked call. */
function joinsTalk(data: Readonly<Record<string, unknown>>): boolean {
  const channels = Number(data["BridgeNumChannels"] ?? 2);
  return channels >= 2 && data["BridgeTechnology"] !== "holding_bridge";
}

/**
 * Cleans one line of caller-supplied text: removes characters that a line cannot have and cuts it between characters.
 */
function readLine(text: string, longest: number): string {
  // oxlint-disable-next-line no-control-regex -- finding control characters is the point
  const line = text.toWellFormed().replaceAll(/[\u0000-\u001F\u007F\uFFFD]/g, "");
  return line.slice(0, longest).toWellFormed().replaceAll("\uFFFD", "");
}
