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
  /** Every channel of a call has the same Linkedid; absent when the event names no call. */
  readonly linkedId: unknown;
  readonly exten: string;
  /** Empty when withheld. */
  readonly callerId: unknown;
  readonly callerName: unknown;
}

/** Why an event is no call. */
export type NoCall = "not_a_pbx_event" | "not_a_new_channel" | "not_an_answer" | "not_a_trunk" | "not_an_incoming_call";

/** Reads an incoming call off an event, or says why it is none. An outgoing call shows the same trunk, with `s` or nothing for an exten. */
export function readAnnouncedCall({ type, data }: PbxEvent, trunkContextPrefix: string): AnnouncedCall | NoCall {
  if (type !== 3) return "not_a_pbx_event";
  if (data?.["Event"] !== "Newchannel") return "not_a_new_channel";
  const { Context: context, Exten: exten } = data;
  if (typeof context !== "string" || !context.startsWith(trunkContextPrefix)) return "not_a_trunk";
  if (typeof exten !== "string" || !/^\+?\d+$/.test(exten)) return "not_an_incoming_call";
  return {
    linkedId: data["Linkedid"] || data["Uniqueid"],
    exten,
    callerId: hideUnknown(data["CallerIDNum"]),
    callerName: hideUnknown(data["CallerIDName"]),
  };
}

/** Asterisk's word for nothing. */
function hideUnknown(value: unknown): unknown {
  return value === "<unknown>" ? "" : value;
}
