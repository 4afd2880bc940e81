import type { DocumentSnapshot, Transaction } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import type { Packed } from "./audience/audience.ts";
import { devicesRef, readDevice, type Device } from "./device.ts";

/** Devices are locked until the transaction ends; a phone that registers meanwhile waits. */
const devicesPerTransaction = 100;

// Firestore allows 10 MiB of changed documents per transaction and counts each in full, however small the change
// (https://github.com/firebase/firebase-tools/issues/1036). A full audience document has 1 MiB.
const shardsPerTransaction = 8;

/** A change to the devices that still need it. */
export interface DeviceChange {
  /** Called inside the transaction: a device that registered meanwhile may no longer need the change. */
  readonly isDue: (device: Device) => boolean;
  readonly change: (transaction: Transaction, services: Services, due: readonly Device[]) => void;
}

/** The result of a change: the changed devices as they were before, and the errors of the groups that failed. */
export interface Changed {
  readonly devices: readonly Device[];
  readonly failures: readonly unknown[];
}

/** Changes devices, one group per transaction; a group that fails does not stop the others. */
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

/** The devices that exist, read inside a transaction. */
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

/**
 * Splits devices into groups for one transaction each. Devices in the same audience document stay together: they share
 * one write.
 */
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
