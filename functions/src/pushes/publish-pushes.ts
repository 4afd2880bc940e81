import { settleWithin } from "../settle-within.ts";
import type { Services } from "../services.ts";
import { pushesTopic } from "./push.ts";

/** Pub/Sub's client retries for ten minutes, which is too long for a request; the minute job publishes again. */
const publishTimeoutMs = 5000;

/** A push still queued this long after it was published is presumed lost, and published again. */
export const publishLeaseMs = 60_000;

/**
 * Publishes queued pushes to the workers. Never throws; returns false if that may have failed: then their leases expire
 * and the minute job publishes them again.
 */
export async function publishPushes({ publisher, log }: Services, keys: readonly string[]): Promise<boolean> {
  const messages = keys.map((key) => ({ id: key }));
  try {
    const published = publisher.publish(pushesTopic, messages).then(() => true);
    if ((await settleWithin(published, publishTimeoutMs)) === true) return true;
    log.error("pushes_not_published", { pushes: keys.length, code: "timeout" });
  } catch (error) {
    log.error("pushes_not_published", { pushes: keys.length, error });
  }
  return false;
}
