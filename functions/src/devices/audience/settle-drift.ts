import {
  FieldPath,
  type DocumentReference,
  type DocumentSnapshot,
  type ReadOptions,
  type Transaction,
} from "firebase-admin/firestore";
import type { Services } from "../../services.ts";
import { parseUser, userRef } from "../../users/user.ts";
import { readEntries, removeFromAudience, saveToAudience, shardOf, shardRef } from "./audience.ts";
import { findDrift, type Compared, type Drift, type OwnedDevice } from "./audience-drift.ts";
import { getDevices } from "../change-devices.ts";
import { devicesRef, type Device } from "../device.ts";

/** A shard to check, and the target number of shards. */
export interface Place {
  readonly shard: string;
  readonly shards: number;
}

/**
 * Compares devices with the document of a shard in one transaction and returns the drift. With `mend` the same
 * transaction repairs it: a device is never in two documents, and never in none.
 */
export async function settleDrift(
  services: Services,
  { shard, shards, mend }: Place & { readonly mend: boolean },
  deviceIds: readonly string[],
): Promise<readonly Drift[]> {
  const settle = async (transaction: Transaction) => {
    const compared = await compare(transaction, services, shard, deviceIds);
    const drift = compared.map((one) => findDrift(one, shard, shards));
    const wrong = compared.filter((_, index) => drift[index]?.length !== 0);
    if (mend) repair(transaction, services, { shard, shards }, wrong);
    return drift.flat();
  };
  return services.db.runTransaction(settle, mend ? {} : { readOnly: true });
}

/** Reads documents: the database, or a transaction. */
interface Reader {
  getAll(...refs: (DocumentReference | ReadOptions)[]): Promise<DocumentSnapshot[]>;
}

/** Devices with the campaigns that their users have muted: one document read per user. */
export async function addMuted(
  reader: Reader,
  { db }: Services,
  devices: readonly Device[],
): Promise<readonly OwnedDevice[]> {
  const uids = [...new Set(devices.map(({ uid }) => uid))];
  if (uids.length === 0) return [];
  const owners = await reader.getAll(...uids.map((uid) => userRef(db, uid)), { fieldMask: ["mutedCampaigns"] });
  const muted = new Map(owners.map((owner) => [owner.id, parseUser(owner).mutedCampaigns]));
  return devices.map((device) => ({ ...device, muted: muted.get(device.uid) ?? [] }));
}

/**
 * Reads the audience document last: once it is locked we wait for no device, so registering phones cannot cause a
 * deadlock.
 */
async function compare(
  transaction: Transaction,
  services: Services,
  shard: string,
  deviceIds: readonly string[],
): Promise<readonly Compared[]> {
  const found = await getDevices(
    transaction,
    services,
    deviceIds.map((deviceId) => ({ deviceId })),
  );
  const devices = new Map((await addMuted(transaction, services, found)).map((device) => [device.deviceId, device]));
  const fieldMask = deviceIds.map((deviceId) => new FieldPath("devices", deviceId));
  const [document] = await transaction.getAll(shardRef(services.db, shard), { fieldMask });
  const entries = document && readEntries(document);
  return deviceIds.map((deviceId) => ({
    deviceId,
    device: devices.get(deviceId),
    entry: entries?.get(deviceId),
  }));
}

function repair(transaction: Transaction, services: Services, { shard, shards }: Place, wrong: readonly Compared[]) {
  const own = wrong.flatMap(({ device }) => (device?.audienceShard === shard ? [device] : []));
  const packed = own.map((device) => ({ ...device, audienceShard: shardOf(device.deviceId, shards) }));
  const staying = new Set(packed.flatMap(({ deviceId, audienceShard }) => (audienceShard === shard ? [deviceId] : [])));
  const leaving = wrong.filter(({ deviceId }) => !staying.has(deviceId));
  removeFromAudience(
    transaction,
    services,
    leaving.map(({ deviceId }) => ({ deviceId, audienceShard: shard })),
  );
  saveToAudience(transaction, services, packed);
  for (const { deviceId, audienceShard } of packed) {
    if (audienceShard !== shard) transaction.update(devicesRef(services.db).doc(deviceId), { audienceShard });
  }
}
