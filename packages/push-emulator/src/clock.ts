import { setTimeout as delay } from "node:timers/promises";

/** The emulator's clock; tests pass one that they set by hand. */
export interface EmulatorClock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds; default: a system timer, which does not keep the process alive. */
  sleep?(ms: number): Promise<void>;
}

/** Waits by the given clock, or by a system timer if it has none. */
export async function sleep(clock: EmulatorClock, ms: number): Promise<void> {
  await (clock.sleep === undefined ? delay(ms, undefined, { ref: false }) : clock.sleep(ms));
}

/** The system clock. */
export const machineClock: EmulatorClock = { now: () => Date.now() };
