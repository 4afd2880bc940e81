import { isDeepStrictEqual } from "node:util";
import type { Services } from "../../services.ts";
import { parseUser, userRef } from "../../users/user.ts";
import { saveToAudience } from "./audience.ts";
import { findDevicesOfUser } from "../find-devices.ts";

/**
 * Sets the campaigns that a user has muted, for all of their phones, now and later. A campaign that is not named is
 * unmuted.
 */
export async function muteCampaigns(
  services: Services,
  { uid, campaigns }: { readonly uid: string; readonly campaigns: readonly string[] },
): Promise<void> {
  const { db } = services;
  await db.runTransaction(async (transaction) => {
    const [owner, devices] = await Promise.all([
      transaction.get(userRef(db, uid)),
      findDevicesOfUser(transaction, services, uid),
    ]);
    // An app may send the same at every start, and thousands of devices share an audience document.
    if (isDeepStrictEqual(parseUser(owner).mutedCampaigns, campaigns)) return;
    transaction.set(userRef(db, uid), { mutedCampaigns: campaigns }, { merge: true });
    saveToAudience(
      transaction,
      services,
      devices.map((device) => ({ ...device, muted: campaigns })),
    );
  });
}
