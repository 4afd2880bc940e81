import { TryAgain } from "../errors.ts";
import { watchUntil } from "../firestore/watch-until.ts";
import type { Services } from "../services.ts";
import { changeRing, type Changed } from "./change-ring.ts";
import { isUntold } from "./phone-state.ts";
import { subscribeToRing } from "./find-rings.ts";
import type { Ring } from "./ring.ts";
import { sendEnds } from "./send-ends.ts";

/** How long a request waits for others to tell phones, in milliseconds: longer than their right to do so lasts. */
const tellTimeoutMs = 8000;

/**
 * Ensures that every phone that a change has stopped is told, and returns for how many FCM accepted an end push of this
 * request. It waits for phones that another request is telling; if that one has died, they are told here. Throws {@link
 * TryAgain} if a phone could not be told; a retry tells it.
 */
export async function tellPhones(services: Services, changed: Changed): Promise<number> {
  let notified = await sendEnds(services, changed);
  const [stored] = changed.group;
  let left = listUntold(stored.ring).filter((id) => !changed.toTell.includes(id));
  const giveUpAt = services.clock.now() + tellTimeoutMs;
  while (left.length > 0) {
    if (services.clock.now() >= giveUpAt)
      throw new TryAgain("Other requests are telling the phones; retry the same request");
    await awaitTold(services, stored.id);
    const taken = await changeRing(services, stored.id, (group) => group);
    if (taken === undefined) break;
    notified += await sendEnds(services, taken);
    left = listUntold(taken.group[0].ring).filter((id) => !taken.toTell.includes(id));
  }
  return notified;
}

/** Waits until all phones of a ring are told, or until another request's right to tell one has expired. */
async function awaitTold(services: Services, ringId: string): Promise<void> {
  const { clock } = services;
  await watchUntil(clock, subscribeToRing(services, ringId), {
    ms: tellTimeoutMs,
    settlesInMs: (seen) => {
      if (seen === undefined) return 0;
      const { phones } = seen.ring;
      const rights = listUntold(seen.ring).map((id) => phones[id]?.telling?.until.toMillis() ?? 0);
      return rights.length === 0 ? 0 : Math.min(...rights) - clock.now();
    },
  });
}

function listUntold({ phones }: Ring): readonly string[] {
  return Object.entries(phones).flatMap(([id, phone]) => (isUntold(phone) ? [id] : []));
}
