import type { EndReason } from "../../../functions/src/wire.ts";

/** A call as the app shows it. A snapshot: the next event brings the next one. */
export interface Call {
  /** Names the call in this client: pass it to `answer`, `decline` and `hangUp`. */
  readonly id: string;
  /** The PBX's own id of the call. Each time it rings is a call of its own here, with the same `linkedId`. */
  readonly linkedId: string;
  /** The service's id of it, a UUID; absent while only the PBX's WebSocket has spoken of it. */
  readonly callId?: string;
  /** What the PBX calls this ring, as the INVITE has it in `X-Pbx-Push-Ring`; absent where the PBX names none. */
  readonly pbxRingId?: string;
  /** The number that rings. */
  readonly exten: string;
  /** The caller's number, empty when withheld. */
  readonly number: string;
  /** What to show: the caller's name, or the number when there is none; empty when both are withheld. */
  readonly name: string;
  readonly callType: string;
  readonly state: "ringing" | "active";
  /** When it stops ringing by itself, by this phone's clock, in milliseconds since the epoch. */
  readonly ringEndsAt: number;
  /** Whether it came while another call was active: to be announced, not to take the screen. */
  readonly waiting: boolean;
}

/**
 * Why a call is over on this phone: told by the service, by the PBX's hang-up, by the user, or by the end of its ring time.
 * `unreachable` is a missed call that was never shown: the phone was woken, and its PBX did not let it in while it rang.
 */
export type CallEnd = EndReason | "hung_up" | "timeout" | "unreachable";
