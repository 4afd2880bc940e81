/**
 * Does the work again and again, each time after as many milliseconds as it returns, until it returns `undefined` or the
 * returned function is called. A page that is not visible waits. The work must not throw.
 */
export function poll(work: () => Promise<number | undefined>): () => void {
  const stopping = new AbortController();
  void run(work, stopping.signal);
  return () => stopping.abort();
}

async function run(work: () => Promise<number | undefined>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const waitMs = await work();
    if (waitMs === undefined || signal.aborted) return;
    await pause(waitMs, signal);
    await untilVisible(signal);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, ms);
  signal.addEventListener("abort", () => over.resolve(), { once: true });
  await over.promise;
  clearTimeout(timer);
}

async function untilVisible(signal: AbortSignal): Promise<void> {
  if (signal.aborted || document.visibilityState === "visible") return;
  const visible = Promise.withResolvers<void>();
  document.addEventListener("visibilitychange", () => visible.resolve(), { once: true, signal });
  signal.addEventListener("abort", () => visible.resolve(), { once: true });
  await visible.promise;
}
