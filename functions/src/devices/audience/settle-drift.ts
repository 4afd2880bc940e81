import { FieldPath, type Transaction } from "firebase-admin/firestore";
import type { Services } from "../../services.ts";
import { devicesRef } from "../device.ts";
import { getDevices } from "../group-devices.ts";
import { addOwners } from "./add-owners.ts";
import { chooseShard, readEntries, removeFromAudience, saveToAudience, shardRef } from "./audience.ts";
import { findDrift, type Compared, type Drift } from "./audience-drift.ts";

/** A shard to check, and the target number of shards. */
export interface Place {
  readonly shard: string;
  readonly shards: number;
}

/** A device that may have to be repaired, and the shard that it belongs into. */
export interface Suspect {
  readonly id: string;
  readonly target: string;
}

/** A device that has to be repaired. */
interface Wrong extends Compared {
  readonly target: string;
}

/** Options of a repair. */
export interface Settle extends Place {
  readonly mend: boolean;
  /** The shard for all wrong devices: the one where they belong has no room. */
  readonly refuge?: string | undefined;
}

/**
 * Compares devices with the document of a shard in one transaction and returns the drift. With `mend` the same
 * transaction repairs it: a device is never in two documents, and never in none.
 */
export async function settleDrift(
  services: Services,
  { shard, shards, mend, refuge }: Settle,
  suspects: readonly Suspect[],
): Promise<readonly Drift[]> {
  const settle = async (transaction: Transaction) => {
    const compared = await compare(transaction, services, shard, suspects);
    const drift = compared.map((one) => findDrift(one, shard, one.target));
    const wrong = compared.filter((_, index) => drift[index]?.length !== 0);
    if (mend) repair(transaction, services, { shard, shards, refuge }, wrong);
    return drift.flat();
  };
  return services.db.runTransaction(settle, mend ? {} : { readOnly: true });
}

/**
 * Reads the audience document last: once it is locked we wait for no device, so registering phones cannot cause a
 * deadlock.
 */
async function compare(
  transaction: Transaction,
  services: Services,
  shard: string,
  suspects: readonly Suspect[],
): Promise<readonly Wrong[]> {
  const found = await getDevices(transaction, services, suspects);
  const devices = new Map((await addOwners(transaction, services, found)).map((device) => [device.id, device]));
  const fieldMask = suspects.map(({ id }) => new FieldPath("devices", id));
  const [document] = await transaction.getAll(shardRef(services.db, shard), { fieldMask });
  const entries = document && readEntries(document);
  return suspects.map(({ id, target }) => ({ id, target, device: devices.get(id), entry: entries?.get(id) }));
}

function repair(
  transaction: Transaction,
  services: Services,
  { shard, shards, refuge }: Omit<Settle, "mend">,
  wrong: readonly Wrong[],
): void {
  // A document without the entry of its device may be full. One other for all: a transaction changes few documents.
  const other = chooseShard(shards, shard);
  const packed = wrong.flatMap(({ device, entry, target }) => {
    if (device?.audienceShard !== shard) return [];
    return { ...device, audienceShard: refuge ?? (entry === undefined && target === shard ? other : target) };
  });
  const staying = new Set(packed.flatMap(({ id, audienceShard }) => (audienceShard === shard ? [id] : [])));
  const leaving = wrong.filter(({ id, entry }) => entry !== undefined && !staying.has(id));
  removeFromAudience(
    transaction,
    services,
    leaving.map(({ id }) => ({ id, audienceShard: shard })),
  );
  saveToAudience(transaction, services, packed);
  for (const { id, audienceShard } of packed) {
    if (audienceShard !== shard) transaction.update(devicesRef(services.db).doc(id), { audienceShard });
  }
}
