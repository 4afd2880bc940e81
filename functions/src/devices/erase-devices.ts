import type { Services } from "../services.ts";
import { removeFromAudience } from "./audience/audience.ts";
import { deleteDevices } from "./delete-devices.ts";
import { devicesRef, readDevices } from "./device.ts";
import { getDevices, groupDevices } from "./group-devices.ts";

/**
 * Forgets the devices of a user: none gets a push until its app registers again. Returns their number. An entry goes with
 * its device, unlike elsewhere: a repeat after a failure must still find it, and who erases is told the truth.
 */
export async function eraseDevices(services: Services, uid: string, isDryRun = false): Promise<number> {
  const { db } = services;
  const found = readDevices((await devicesRef(db).where("uid", "==", uid).get()).docs);
  if (isDryRun) return found.length;
  let count = 0;
  for (const group of groupDevices(found)) {
    count += await db.runTransaction(async (transaction) => {
      const due = (await getDevices(transaction, services, group)).filter((device) => device.uid === uid);
      deleteDevices(transaction, services, due);
      removeFromAudience(transaction, services, due);
      return due.length;
    });
  }
  return count;
}
