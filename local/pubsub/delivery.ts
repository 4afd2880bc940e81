import type { Alarm } from "./alarms.ts";
import type { Lane } from "./lane.ts";
import type { StoredMessage } from "./message.ts";
import type { Receiver } from "./receiver.ts";

/**
 * Where one subscription stands with one message:
 * `waiting` to be sent, `leased` to a receiver, `delayed` by the retry policy, or `acked`.
 */
export type DeliveryState = "waiting" | "leased" | "delayed" | "acked";

/** One subscription's own copy of a message. */
export interface Delivery {
  readonly message: StoredMessage;
  /** Set when the subscription orders messages and this one has a key. */
  readonly lane: Lane | undefined;
  /** Its place in the lane, from 0. */
  readonly place: number;
  state: DeliveryState;
  /** Nacks and missed deadlines so far. */
  failures: number;
  ackId: string | undefined;
  receiver: Receiver | undefined;
  /** The end of its lease or of its delay. */
  alarm: Alarm | undefined;
}
