/** What a promise settles to, or undefined when that takes longer than `ms` milliseconds. */
export async function settleWithin<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  // The machine's own timer, not the passed-in clock: what is waited for is the network, which no test can turn by hand.
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
