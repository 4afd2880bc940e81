import type { Transaction } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import { removeFromAudience } from "./audience.ts";
import { devicesRef, type Device } from "./device.ts";

/** Takes a device out of everywhere it is kept. */
export function deleteDevice(transaction: Transaction, services: Services, device: Device): void {
  transaction.delete(devicesRef(services.db).doc(device.deviceId));
  removeFromAudience(transaction, services, device);
}
