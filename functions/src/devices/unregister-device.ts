import type { Services } from "../services.ts";
import { deleteDevices } from "./delete-devices.ts";
import { devicesRef, readDevice } from "./device.ts";

/** Forgets a phone whose user logs out; a phone that is not theirs (any more) stays. Tells whether one was removed. */
export async function unregisterDevice(
  services: Services,
  input: { readonly uid: string; readonly deviceId: string },
): Promise<boolean> {
  return services.db.runTransaction(async (transaction) => {
    const snapshot = await transaction.get(devicesRef(services.db).doc(input.deviceId));
    if (snapshot.get("uid") !== input.uid) return false;
    deleteDevices(transaction, services, [readDevice(snapshot)]);
    return true;
  });
}
