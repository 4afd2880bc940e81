import type { RpcError } from "./rpc-error.ts";
import type { WireReceivedMessage } from "./wire.ts";

/** What a backlog knows of an open StreamingPull. */
export interface Receiver {
  /** How long the next message it takes is leased to it. */
  readonly ackDeadlineMs: number;
  /** Whether its flow control lets it take one more message now. */
  hasRoom(): boolean;
  /** Takes one message; it may hold it back until `flush`. */
  take(message: WireReceivedMessage, bytes: number): void;
  /** Sends what was taken. */
  flush(): void;
  /** One of its messages was acked, nacked or ran out of time. */
  release(bytes: number): void;
  /** The subscription is gone. */
  fail(error: RpcError): void;
}
