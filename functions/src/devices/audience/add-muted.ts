import type { DocumentReference, DocumentSnapshot, ReadOptions } from "firebase-admin/firestore";
import { isCampaign } from "../../campaigns/campaign.ts";
import type { Services } from "../../services.ts";
import { parseUser, userRef } from "../../users/user.ts";
import type { Device } from "../device.ts";
import type { OwnedDevice } from "./audience.ts";

/** Reads documents: the database, or a transaction. */
interface Reader {
  getAll(...refs: (DocumentReference | ReadOptions)[]): Promise<DocumentSnapshot[]>;
}

/** Devices with the existing campaigns that their users have muted: one document read per user. */
export async function addMuted(
  reader: Reader,
  { db }: Services,
  devices: readonly Device[],
): Promise<readonly OwnedDevice[]> {
  const uids = [...new Set(devices.map(({ uid }) => uid))];
  if (uids.length === 0) return [];
  const owners = await reader.getAll(...uids.map((uid) => userRef(db, uid)), { fieldMask: ["mutedCampaigns"] });
  return withMuted(devices, owners);
}

/** Devices with the existing campaigns that their users have muted, by the documents of the users. */
export function withMuted(devices: readonly Device[], owners: readonly DocumentSnapshot[]): readonly OwnedDevice[] {
  // A name that is no campaign would only fill the document that thousands share.
  const muted = new Map(owners.map((owner) => [owner.id, parseUser(owner).mutedCampaigns.filter(isCampaign)]));
  return devices.map((device) => ({ ...device, muted: muted.get(device.uid) ?? [] }));
}
