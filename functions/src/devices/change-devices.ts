import type { Transaction } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import type { Packed } from "./audience/audience.ts";
import { updateAudience } from "./audience/update-audience.ts";
import type { Device } from "./device.ts";
import { getDevices, groupDevices } from "./group-devices.ts";

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

/**
 * Changes devices, one group per transaction, and then their audience entries; a group that fails does not stop the
 * others.
 */
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
      await updateAudience(services, done);
    } catch (error) {
      failures.push(error);
    }
  }
  return { devices: changed, failures };
}
