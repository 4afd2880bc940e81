import { setTimeout as delay } from "node:timers/promises";

/** Time as the emulator sees it: tests pass one they turn by hand. */
export interface EmulatorClock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds; left out, the machine's own timer is used, which does not keep the process alive. */
  sleep?(ms: number): Promise<void>;
}

/** Waits on the clock given, or on the machine's own timer when it has none. */
export async function sleep(clock: EmulatorClock, ms: number): Promise<void> {
  await (clock.sleep === undefined ? delay(ms, undefined, { ref: false }) : clock.sleep(ms));
}

/** The machine's own clock. */
export const machineClock: EmulatorClock = { now: () => Date.now() };
