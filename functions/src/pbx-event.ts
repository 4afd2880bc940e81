// The events of the PBX's WebSocket server: Asterisk's AMI events in an envelope. The service gets them over HTTPS,
// phones over their own WebSocket; both follow the rules below. This file imports nothing, because the TypeScript
// client is built from it too.

/** A message of a PBX's WebSocket server, one for every event of its Asterisk. */
export interface PbxEvent {
  /** 3 is an event of Asterisk; the server has other types for its own use. */
  readonly type?: unknown;
  /** The AMI event, with AMI's names. */
  readonly data?: Readonly<Record<string, unknown>> | null | undefined;
}

/** A call that comes in on a trunk, read from an event. */
export interface AnnouncedCall {
  /**
   * The Linkedid, which all channels of a call share. Without one it is the Uniqueid; empty if the event has neither.
   */
  readonly linkedId: string;
  /** The channel's Uniqueid, the `ring_id` of the announced ring. Empty if the event has none. */
  readonly uniqueId: string;
  readonly exten: string;
  /** Empty when withheld. */
  readonly callerId: string;
  readonly callerName: string;
}

/** Why an event is not a call. */
export type NoCall =
  | "not_a_pbx_event"
  | "not_a_new_channel"
  | "not_an_answer"
  | "not_announced"
  | "not_a_trunk"
  | "not_an_incoming_call";

/**
 * Reads an incoming call from an event, or says why it is none. The context of an incoming trunk begins with one of the
 * prefixes. An outgoing call has the same trunk, but its exten is `s` or empty.
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
    callerName: readName(data["CallerIDName"]),
  };
}

/** The Uniqueid of the channel that hung up; `undefined` for any other event. */
export function readHungUpChannel({ type, data }: PbxEvent): string | undefined {
  if (type !== 3 || data?.["Event"] !== "Hangup") return undefined;
  return readPbxId(data["Uniqueid"]) || undefined;
}

/**
 * Normalizes a Linkedid or a Uniqueid: removes the characters that the API does not allow in an id. Asterisk begins ids
 * with its system name, which may contain anything, and the dialplan, the service and the phones must name a call
 * alike. Empty if there is none.
 */
export function readPbxId(value: unknown): string {
  return readText(value).replaceAll(/[^A-Za-z0-9._:@-]/g, "");
}

/** Some AMI libraries turn text that looks like a number into a JSON number. */
function readText(value: unknown): string {
  if (typeof value === "number") return String(value);
  return typeof value === "string" ? value : "";
}

/**
 * The name as the caller sent it, without control characters. AMI escapes names as C does (`O\'Brien`), and PJSIP leaves
 * the backslashes of a quoted string, which the dialplan removes too. Empty if Asterisk has replaced bytes that are not
 * UTF-8 by U+FFFD: the rest is unreadable.
 */
function readName(value: unknown): string {
  const text = hideUnknown(readText(value));
  if (text.includes("\uFFFD")) return "";
  return text.replaceAll(/\\(?:[abfnrtv]|([?'"\\]))/g, "$1").replaceAll(/\\(["\\])/g, "$1");
}

/** Asterisk writes `<unknown>` for an empty value. */
function hideUnknown(text: string): string {
  return text === "<unknown>" ? "" : text;
}
