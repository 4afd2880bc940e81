import type { Transaction } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import { devicesRef, type Device } from "./device.ts";

/** Deletes the documents of devices; their audience entries follow. */
export function deleteDevices(
  transaction: Transaction,
  { db }: Services,
  devices: readonly Pick<Device, "id">[],
): void {
  for (const { id } of devices) transaction.delete(devicesRef(db).doc(id));
}
