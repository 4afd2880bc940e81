// Tabs share the stack's demo phone and the browser's limit of connections to a server. Web Locks are released however a tab
// ends.

/** Releases a lock. */
export type Release = () => void;

/**
 * A browser opens at most six HTTP/1.1 connections to a server. Each phone holds one to FCM for its pushes; the others are
 * for requests and for FCM's inbox page.
 */
export const maxPhones = 4;

/** After a reload, the old page releases its phones a moment after the new page has started. */
const reloadMs = 1_500;

/** Takes a phone for this tab; `undefined` if another tab has it. After a reload, it waits for the old page. */
export async function takePhone(deviceId: string, isReloaded: boolean): Promise<Release | undefined> {
  return takeLock(`pbx-push phone ${deviceId}`, isReloaded ? reloadMs : 0);
}

/** Takes one of the connections for phones; `undefined` if all are taken. */
export async function takeConnection(): Promise<Release | undefined> {
  for (let connection = 1; connection <= maxPhones; connection += 1) {
    const release = await takeLock(`pbx-push connection ${connection}`, 0);
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
