import type { EndReason } from "../../../functions/src/wire.ts";

/** A call as the app shows it. It is a snapshot: the next event has a new one. */
export interface Call {
  /** The call's id in this client: pass it to `answer`, `decline` and `hangUp`. */
  readonly id: string;
  /** The PBX's id of the call. Each ring of it is a call of its own here, with the same `linkedId`. */
  readonly linkedId: string;
  /** The service's id of the call, a UUID; absent while only the PBX's WebSocket has announced it. */
  readonly callId?: string;
  /** The PBX's id of this ring, as in the INVITE's `X-Pbx-Push-Ring`; absent if the PBX gives none. */
  readonly pbxRingId?: string;
  /** The number that rings. */
  readonly exten: string;
  /** The caller's number; empty if withheld. */
  readonly number: string;
  /** The text to show: the caller's name, else the number; empty if both are withheld. */
  readonly name: string;
  readonly callType: string;
  readonly state: "ringing" | "active";
  /** When it stops ringing by itself, by this phone's clock, in milliseconds since the epoch. */
  readonly ringEndsAt: number;
  /** Whether it came while another call was active: announce it, but do not take the screen. */
  readonly waiting: boolean;
}

/**
 * Why a call is over on this phone: by the service, by the PBX's hangup, by the user, or by the end of its ring time.
 * `unreachable` is a missed call that was never shown: the phone was woken, but could not connect to its PBX while it
 * rang.
 */
export type CallEnd = EndReason | "hung_up" | "timeout" | "unreachable";
