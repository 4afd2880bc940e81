import type { DocumentReference, DocumentSnapshot, ReadOptions } from "firebase-admin/firestore";
import { isCampaign } from "../../campaigns/campaign.ts";
import type { Services } from "../../services.ts";
import { chooseLanguage } from "../../texts.ts";
import { parseUser, userRef } from "../../users/user.ts";
import type { Device } from "../device.ts";
import type { OwnedDevice } from "./audience.ts";

/** Reads documents: the database, or a transaction. */
interface Reader {
  getAll(...refs: (DocumentReference | ReadOptions)[]): Promise<DocumentSnapshot[]>;
}

/** Devices with what only their users and the settings tell: one document read per user. */
export async function addOwners(
  reader: Reader,
  services: Services,
  devices: readonly Device[],
): Promise<readonly OwnedDevice[]> {
  const uids = [...new Set(devices.map(({ uid }) => uid))];
  if (uids.length === 0) return [];
  const owners = await reader.getAll(...uids.map((uid) => userRef(services.db, uid)), {
    fieldMask: ["mutedCampaigns"],
  });
  return withOwners(services, devices, owners);
}

/** Devices with what only the documents of their users and the settings tell. */
export function withOwners(
  { config }: Services,
  devices: readonly Device[],
  owners: readonly DocumentSnapshot[],
): readonly OwnedDevice[] {
  // A name that is no campaign would only fill the document that thousands share.
  const muted = new Map(owners.map((owner) => [owner.id, parseUser(owner).mutedCampaigns.filter(isCampaign)]));
  return devices.map((device) => {
    const language = chooseLanguage(config, device.locale);
    const isOther = language !== config.defaultLanguage;
    return { ...device, muted: muted.get(device.uid) ?? [], ...(isOther && { language }) };
  });
}
