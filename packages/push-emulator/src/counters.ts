/** How much the emulator has seen since it started. */
export interface Counters {
  /** Calls of messages:send, whatever came of them. */
  sends: number;
  /** Messages taken and recorded. */
  accepted: number;
  /** Sends answered with an error of their own making. */
  refused: number;
  /** Sends a scripted fault had its hand in. */
  faulted: number;
}
