import type { Transaction } from "firebase-admin/firestore";
import type { Services } from "../../services.ts";
import { settleWithin } from "../../settle-within.ts";
import { userRef } from "../../users/user.ts";
import { devicesRef, readDevices, type Device } from "../device.ts";
import { groupDevices } from "../group-devices.ts";
import { withOwners } from "./add-owners.ts";
import { removeFromAudience, saveToAudience, type Packed } from "./audience.ts";

/** A device that has changed, with the document that may have an old entry of it. */
export type Outdated = Packed & Pick<Device, "uid">;

/** How long a phone waits for its entry, in milliseconds: a document that many phones write may be locked for longer. */
const waitMs = 5000;

/**
 * Brings the audience up to date with devices that have just changed. Never throws: calls do not need the audience, and
 * the nightly job repairs what was left.
 */
export async function updateAudience(services: Services, changed: readonly Outdated[]): Promise<void> {
  for (const group of groupDevices(changed)) {
    try {
      const updating = services.db.runTransaction((transaction) => updateEntries(transaction, services, group));
      if ((await settleWithin(updating, waitMs)) === undefined) throw new Error("Firestore took too long");
    } catch (error) {
      const shards = [...new Set(group.map(({ audienceShard }) => audienceShard))];
      services.log.warn("audience_behind", { devices: group.length, shards, error });
    }
  }
}

/** Reads the devices again, so that it does not matter which of two changes gets here first. */
async function updateEntries(
  transaction: Transaction,
  services: Services,
  changed: readonly Outdated[],
): Promise<true> {
  const { db } = services;
  const ids = [...new Set(changed.map(({ id }) => id))];
  const uids = [...new Set(changed.map(({ uid }) => uid))];
  // One request locks them all: two transactions cannot each wait for the other.
  const refs = [...ids.map((id) => devicesRef(db).doc(id)), ...uids.map((uid) => userRef(db, uid))];
  const snapshots = await transaction.getAll(...refs);
  const devices = withOwners(services, readDevices(snapshots.slice(0, ids.length)), snapshots.slice(ids.length));
  const shards = new Map(devices.map(({ id, audienceShard }) => [id, audienceShard]));
  removeFromAudience(
    transaction,
    services,
    changed.filter(({ id, audienceShard }) => shards.get(id) !== audienceShard),
  );
  saveToAudience(transaction, services, devices);
  return true;
}
