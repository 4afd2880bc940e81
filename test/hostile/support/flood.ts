import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { EarlyAnswer } from "./unfinished.ts";

/** Requests that are sent at once, each on a connection of its own. */
export interface Flood {
  /** Up to the first byte of the body. */
  readonly head: string;
  /** How much of the body is sent; the head announces more. */
  readonly bodyBytes: number;
  readonly count: number;
}

/**
 * Sends a flood from another thread, so that this one can measure the server. Calls `meanwhile` again and again until the
 * server has closed every connection; rejects when it waits for a body.
 */
export async function sendFlood(
  url: string,
  flood: Flood,
  meanwhile?: () => Promise<void>,
): Promise<readonly EarlyAnswer[]> {
  const worker = new Worker(new URL("./flood-worker.ts", import.meta.url), { workerData: { url, ...flood } });
  await once(worker, "online");
  const answered = once(worker, "message");
  const over = answered.then(() => true);
  if (meanwhile !== undefined) while (!(await Promise.race([over, meanwhile().then(() => false)])));
  const [settled] = (await answered) as [PromiseSettledResult<EarlyAnswer>[]];
  return settled.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}
