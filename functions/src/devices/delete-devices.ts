import type { Transaction } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import { removeFromAudience, type Packed } from "./audience/audience.ts";
import { devicesRef } from "./device.ts";

/** Deletes devices and their audience entries. */
export function deleteDevices(transaction: Transaction, services: Services, devices: readonly Packed[]): void {
  for (const { deviceId } of devices) transaction.delete(devicesRef(services.db).doc(deviceId));
  removeFromAudience(transaction, services, devices);
}
