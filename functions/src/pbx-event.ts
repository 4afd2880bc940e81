// The events of the PBX's WebSocket server: Asterisk's AMI events in an envelope. The service takes them over HTTPS, phones
// over their own WebSocket; both go by the rules below. This file imports nothing, since the TypeScript client is built
// from it too.

/** What a PBX's WebSocket server sends for every event of its Asterisk. */
export interface PbxEvent {
  /** 3 is an event of Asterisk; the server has other types for its own use. */
  readonly type?: unknown;
  /** The AMI event, with AMI's names. */
  readonly data?: Readonly<Record<string, unknown>> | null | undefined;
}

/** A call that comes in on a trunk, as an event tells it. */
export interface AnnouncedCall {
  /** Every channel of a call has the same Linkedid. Of an event without one it is the channel; empty when it names neither. */
  readonly linkedId: string;
  /** The channel, its Uniqueid: what the service calls the ring that the event announces. Empty when the event names none. */
  readonly uniqueId: string;
  readonly exten: string;
  /** Empty when withheld. */
  readonly callerId: string;
  readonly callerName: string;
}

/** Why an event is no call. */
export type NoCall =
  | "not_a_pbx_event"
  | "not_a_new_channel"
  | "not_an_answer"
  | "not_announced"
  | "not_a_trunk"
  | "not_an_incoming_call";

/**
 * Reads an incoming call off an event, or says why it is none. The context of an incoming trunk begins with one of the
 * prefixes. An outgoing call shows the same trunk, with `s` or nothing for an exten.
 */
export function readAnnouncedCall(
  { type, data }: PbxEvent,
  trunkContextPrefixes: readonly string[],
): AnnouncedCall | NoCall {
  if (type !== 3) return "not_a_pbx_event";
  if (data?.["Event"] !== "Newchannel") return "not_a_new_channel";
  const context = data["Context"];
  if (typeof context !== "string") return "not_a_trunk";
  if (!trunkContextPrefixes.some((prefix) => context.startsWith(prefix))) return "not_a_trunk";
  const exten = readText(data["Exten"]);
  if (!/^\+?\d+$/.test(exten)) return "not_an_incoming_call";
  const uniqueId = readPbxId(data["Uniqueid"]);
  return {
    linkedId: readPbxId(data["Linkedid"]) || uniqueId,
    uniqueId,
    exten,
    callerId: hideUnknown(readText(data["CallerIDNum"])),
    callerName: hideUnknown(readText(data["CallerIDName"])),
  };
}

/** The channel that is gone, by its Uniqueid; `undefined` for any other event. */
export function readHungUpChannel({ type, data }: PbxEvent): string | undefined {
  if (type !== 3 || data?.["Event"] !== "Hangup") return undefined;
  return readPbxId(data["Uniqueid"]) || undefined;
}

/**
 * One spelling for a Linkedid or a Uniqueid: Asterisk begins them with its system's name, which may hold anything, and the
 * dialplan, the service and the phones have to mean the same call. What the API takes for an id stays, the rest is left out.
 * Empty when there is none.
 */
export function readPbxId(value: unknown): string {
  return readText(value).replaceAll(/[^A-Za-z0-9._:@-]/g, "");
}

/** Some AMI libraries make JSON numbers of what looks like one. */
function readText(value: unknown): string {
  if (typeof value === "number") return String(value);
  return typeof value === "string" ? value : "";
}

/** Asterisk's word for nothing. */
function hideUnknown(text: string): string {
  return text === "<unknown>" ? "" : text;
}
