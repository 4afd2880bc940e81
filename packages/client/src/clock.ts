/** Clock and random numbers; tests pass ones that they control. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Runs `run` once after `ms` milliseconds; returns a function that cancels it. */
  startTimer(ms: number, run: () => void): () => void;
  /** At least 0 and less than 1. */
  random(): number;
}

// What browsers, React Native and Node all have; the client is compiled without the types of any.
declare function setTimeout(run: () => void, ms: number): unknown;
declare function clearTimeout(timer: unknown): void;

/** The system clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  startTimer: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};

/** Settles like `promise`; after `ms` milliseconds it rejects with the error of `buildReason`. */
export async function within<Value>(
  clock: Clock,
  ms: number,
  promise: Promise<Value>,
  buildReason: () => Error,
): Promise<Value> {
  let stopTimer: (() => void) | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    stopTimer = clock.startTimer(ms, () => reject(buildReason()));
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    stopTimer?.();
  }
}

/** Waits until `promise` settles, for `ms` milliseconds at most. Never rejects. */
export async function waitAtMost(clock: Clock, ms: number, promise: Promise<unknown>): Promise<void> {
  await within(clock, ms, promise, () => new Error("It takes longer")).catch(() => undefined);
}
