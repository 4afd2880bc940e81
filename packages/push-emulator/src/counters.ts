/** Counts since the emulator started. */
export interface Counters {
  /** Calls of messages:send, whatever their result. */
  sends: number;
  /** Messages accepted and recorded. */
  accepted: number;
  /** Sends refused because of an error in the request. */
  refused: number;
  /** Sends affected by a scripted fault. */
  faulted: number;
}
