import type { RpcError } from "./rpc-error.ts";
import type { WireReceivedMessage } from "./wire.ts";

/** An open StreamingPull, as a backlog uses it. */
export interface Receiver {
  /** Lease of the next message, in milliseconds. */
  readonly ackDeadlineMs: number;
  /** Whether its flow control allows one more message. */
  hasRoom(): boolean;
  /** Takes one message; it may buffer it until `flush`. */
  take(message: WireReceivedMessage, bytes: number): void;
  /** Sends the buffered messages. */
  flush(): void;
  /** Called when one of its messages was acked, nacked or its lease ended. */
  release(bytes: number): void;
  /** Ends the stream with an error. */
  fail(error: RpcError): void;
}
