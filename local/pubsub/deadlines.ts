// https://cloud.google.com/pubsub/docs/subscription-properties#ack_deadline
import { invalidArgument } from "./rpc-error.ts";

const minSeconds = 10;
const maxSeconds = 600;

/** Checks the ack deadline of a subscription or of a stream. */
export function parseAckDeadline(seconds: number): number {
  if (seconds >= minSeconds && seconds <= maxSeconds) return seconds;
  throw invalidArgument(`The ack deadline must be ${minSeconds} to ${maxSeconds} seconds, not ${seconds}`);
}

/** Checks a new deadline of delivered messages, where 0 is a nack; returns milliseconds. */
export function parseModifiedDeadlineMs(seconds: number | null | undefined): number {
  const value = seconds ?? 0;
  if (value >= 0 && value <= maxSeconds) return value * 1000;
  throw invalidArgument(`The new ack deadline must be 0 to ${maxSeconds} seconds, not ${value}`);
}
