import type { DocumentSnapshot, Transaction } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import type { Packed } from "./audience/audience.ts";
import { devicesRef, readDevice, type Device } from "./device.ts";

/** Each is locked until the transaction is over, and a phone that registers meanwhile waits. */
const devicesPerTransaction = 100;

// Firestore takes 10 MiB of changed documents in a transaction, counted whole however little of them changes
// (https://github.com/firebase/firebase-tools/issues/1036), and a full audience document has 1 MiB.
const shardsPerTransaction = 8;

/** A change to those of some devices that still need it. */
export interface DeviceChange {
  /** Asked inside the transaction: a device that has registered in the meantime may no longer need it. */
  readonly isDue: (device: Device) => boolean;
  readonly change: (transaction: Transaction, services: Services, due: readonly Device[]) => void;
}

/** What became of a change: the devices it was made to, as they were before, and why some groups of them are left. */
export interface Changed {
  readonly devices: readonly Device[];
  readonly failures: readonly unknown[];
}

/** Changes devices, a group in a transaction; a group that fails does not stop the others. */
export async function changeDevices(
  services: Services,
  devices: readonly Packed[],
  { isDue, change }: DeviceChange,
): Promise<Changed> {
  const changed: Device[] = [];
  const failures: unknown[] = [];
  for (const group of groupDevices(devices)) {
    try {
      const done = await services.db.runTransaction(async (transaction) => {
        const due = (await getDevices(transaction, services, group)).filter(isDue);
        change(transaction, services, due);
        return due;
      });
      changed.push(...done);
    } catch (error) {
      failures.push(error);
    }
  }
  return { devices: changed, failures };
}

/** Those of some devices that exist, read inside a transaction. */
export async function getDevices(
  transaction: Transaction,
  { db }: Services,
  devices: readonly Pick<Device, "deviceId">[],
): Promise<readonly Device[]> {
  if (devices.length === 0) return [];
  const refs = devices.map(({ deviceId }) => devicesRef(db).doc(deviceId));
  const snapshots: readonly DocumentSnapshot[] = await transaction.getAll(...refs);
  return snapshots.filter(({ exists }) => exists).map(readDevice);
}

/** Cuts devices into groups that one transaction can change, neighbours in the audience together: they share its writes. */
export function groupDevices<T extends Packed>(devices: readonly T[]): readonly (readonly T[])[] {
  const groups: T[][] = [];
  let group: T[] = [];
  let shards = new Set<string>();
  for (const [shard, packed] of Map.groupBy(devices, ({ audienceShard }) => audienceShard)) {
    for (const device of packed) {
      const isFull = group.length === devicesPerTransaction || shards.add(shard).size > shardsPerTransaction;
      if (isFull || groups.length === 0) {
        group = [];
        groups.push(group);
        shards = new Set([shard]);
      }
      group.push(device);
    }
  }
  return groups;
}
