import { isDeepStrictEqual } from "node:util";
import type { Services } from "../../services.ts";
import { parseUser, userRef } from "../../users/user.ts";
import { saveToAudience } from "./audience.ts";
import { findDevicesOfUser } from "../find-devices.ts";

/** Keeps campaigns away from a user: from all of their phones, now and later. What is not named is heard again. */
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
    // An app may say the same at every start, and audience documents are shared by thousands.
    if (isDeepStrictEqual(parseUser(owner).mutedCampaigns, campaigns)) return;
    transaction.set(userRef(db, uid), { mutedCampaigns: campaigns }, { merge: true });
    saveToAudience(
      transaction,
      services,
      devices.map((device) => ({ ...device, muted: campaigns })),
    );
  });
}
