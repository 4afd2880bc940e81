import type { Services } from "../services.ts";
import { conclude } from "./lifecycle.ts";
import { changePush, type PushDocument } from "./push.ts";

/** Cancels a push if it is still reserved, and returns it in its new state; `undefined` if no push has this key. */
export async function cancelPush(services: Services, key: string): Promise<PushDocument | undefined> {
  const now = services.clock.now();
  return changePush(services, key, (push) => (push.state === "reserved" ? conclude(push, "cancelled", now) : push));
}
