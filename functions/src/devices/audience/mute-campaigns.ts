import { isDeepStrictEqual } from "node:util";
import type { Services } from "../../services.ts";
import { parseUser, userRef } from "../../users/user.ts";
import type { Device } from "../device.ts";
import { findDevicesOfUser } from "../find-devices.ts";
import { updateAudience } from "./update-audience.ts";

/**
 * Sets the campaigns that a user has muted, for all of their phones, now and later. A campaign that is not named is
 * unmuted.
 */
export async function muteCampaigns(
  services: Services,
  { uid, campaigns }: { readonly uid: string; readonly campaigns: readonly string[] },
): Promise<void> {
  const { db } = services;
  const outdated = await db.runTransaction(async (transaction): Promise<readonly Device[]> => {
    const [owner, devices] = await Promise.all([
      transaction.get(userRef(db, uid)),
      findDevicesOfUser(transaction, services, uid),
    ]);
    // An app may send the same at every start, and thousands of devices share an audience document.
    if (isDeepStrictEqual(parseUser(owner).mutedCampaigns, campaigns)) return [];
    transaction.set(userRef(db, uid), { mutedCampaigns: campaigns }, { merge: true });
    return devices;
  });
  await updateAudience(services, outdated);
}
