import { settleWithin } from "../settle-within.ts";
import type { Services } from "../services.ts";
import { pushesTopic } from "./push.ts";

/** Pub/Sub's client tries for ten minutes; nobody waits that long when the minute job sees to it anyway. */
const publishTimeoutMs = 5000;

/** How long after it was published a queued push is taken for lost on the way, and published again. */
export const publishLeaseMs = 60_000;

/** Hands queued pushes to the workers; false when that may have failed, which it never throws: their leases run out. */
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
