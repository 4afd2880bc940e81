/** A message of the PBX's WebSocket server: an AMI event of Asterisk in an envelope. */
export interface PbxEvent {
  /** 3 is an event of Asterisk. */
  readonly type: number;
  readonly server_id: number;
  readonly server_name: string;
  readonly ssl: boolean;
  /** The AMI event, with AMI's names; every value is text. */
  readonly data: Readonly<Record<string, string>>;
}

/** One channel of a call, with AMI's values. */
export interface Channel {
  readonly uniqueId: string;
  /** The same for every channel of a call: the Uniqueid of the first. */
  readonly linkedId: string;
  readonly exten: string;
  readonly callerId: string;
  readonly callerName: string;
}

/** The context of the trunk that simulated calls come in on. */
const trunkContext = "trk-11-in";

/** The event of a call that comes in on a trunk. */
export function buildNewchannel(channel: Channel): PbxEvent {
  return buildEvent("Newchannel", channel, {});
}

/** The event of a channel that has ended, with Asterisk's cause code (16 is normal clearing). */
export function buildHangup(channel: Channel, cause: number): PbxEvent {
  return buildEvent("Hangup", channel, { Cause: String(cause) });
}

function buildEvent(name: string, channel: Channel, more: Readonly<Record<string, string>>): PbxEvent {
  return {
    type: 3,
    server_id: 1,
    server_name: "demo",
    ssl: false,
    data: {
      Event: name,
      Context: trunkContext,
      Exten: channel.exten,
      CallerIDNum: channel.callerId,
      CallerIDName: escapeName(channel.callerName),
      Linkedid: channel.linkedId,
      Uniqueid: channel.uniqueId,
      ...more,
    },
  };
}

/** Asterisk's AMI escapes a caller's name as C does. */
function escapeName(name: string): string {
  return name.replaceAll(/['"\\?]/g, "\\$&");
}
