/** The result of a promise, or undefined after a timeout of `ms` milliseconds. */
export async function settleWithin<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  // A real timer, not the injected clock: we wait for the network, which tests cannot control.
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
