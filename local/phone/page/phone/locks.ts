// Tabs share what the browser has once: the stack's demo phone, and the connections that it allows to one server. Web Locks
// are let go whatever way a tab ends.

/** What gives a lock back. */
export type Release = () => void;

/**
 * A browser opens six HTTP/1.1 connections to one server. Each phone holds one to FCM for its pushes; the others are for
 * requests and for FCM's inbox page.
 */
export const maxPhones = 4;

/** A page that is being reloaded lets go of its phones only a moment after its successor has started. */
const reloadMs = 1_500;

/** Takes a phone for this tab; `undefined` when another tab has it. A phone of before a reload is waited for a little. */
export async function takePhone(deviceId: string, isReloaded: boolean): Promise<Release | undefined> {
  return takeLock(`pbx-push phone ${deviceId}`, isReloaded ? reloadMs : 0);
}

/** Takes one of the connections that phones may hold; `undefined` when all are taken. */
export async function takeSeat(): Promise<Release | undefined> {
  for (let seat = 1; seat <= maxPhones; seat += 1) {
    const release = await takeLock(`pbx-push seat ${seat}`, 0);
    if (release !== undefined) return release;
  }
  return undefined;
}

async function takeLock(name: string, waitMs: number): Promise<Release | undefined> {
  const released = Promise.withResolvers<void>();
  const options = waitMs > 0 ? { signal: AbortSignal.timeout(waitMs) } : { ifAvailable: true };
  return new Promise((resolve) => {
    navigator.locks
      .request(name, options, async (lock) => {
        resolve(lock === null ? undefined : () => released.resolve());
        if (lock !== null) await released.promise;
      })
      .catch(() => resolve(undefined));
  });
}
