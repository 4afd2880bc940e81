import type { Services } from "../services.ts";
import { removeFromAudience } from "./audience.ts";
import { devicesRef } from "./device.ts";

/** Forgets a phone whose user logs out; a phone that is not theirs (any more) stays. Tells whether one was removed. */
export async function unregisterDevice(
  services: Services,
  input: { readonly uid: string; readonly deviceId: string },
): Promise<boolean> {
  const ref = devicesRef(services.db).doc(input.deviceId);
  return services.db.runTransaction(async (transaction) => {
    const snapshot = await transaction.get(ref);
    if (snapshot.get("uid") !== input.uid) return false;
    transaction.delete(ref);
    removeFromAudience(transaction, services, input.deviceId);
    return true;
  });
}
