import type { Transaction } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import type { Packed } from "./audience/audience.ts";
import { devicesRef, readDevices, type Device } from "./device.ts";

/** Devices are locked until the transaction ends; a phone that registers meanwhile waits. */
const devicesPerTransaction = 100;

// Firestore allows 10 MiB of changed documents per transaction and counts each in full, however small the change
// (https://github.com/firebase/firebase-tools/issues/1036). A full audience document has 1 MiB.
const shardsPerTransaction = 7;

/** The devices that exist, read inside a transaction. */
export async function getDevices(
  transaction: Transaction,
  { db }: Services,
  devices: readonly Pick<Device, "id">[],
): Promise<readonly Device[]> {
  if (devices.length === 0) return [];
  const ids = new Set(devices.map(({ id }) => id));
  return readDevices(await transaction.getAll(...[...ids].map((id) => devicesRef(db).doc(id))));
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
