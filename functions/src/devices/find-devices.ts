import type { Transaction } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import { devicesRef, readDevice, type Device } from "./device.ts";

/** The devices that ring for an exten: one query. */
export async function findDevicesOfExten({ db }: Services, exten: string): Promise<readonly Device[]> {
  const found = await devicesRef(db).where("extens", "array-contains", exten).get();
  return found.docs.map(readDevice);
}

/** The current devices of app installs that had these ids before; at most thirty ids, Firestore's limit. */
export async function findSuccessors({ db }: Services, formerIds: readonly string[]): Promise<readonly Device[]> {
  const found = await devicesRef(db).where("formerIds", "array-contains-any", formerIds).get();
  return found.docs.map(readDevice);
}

/** The devices of a user, read inside a transaction. */
export async function findDevicesOfUser(
  transaction: Transaction,
  { db }: Services,
  uid: string,
): Promise<readonly Device[]> {
  const found = await transaction.get(devicesRef(db).where("uid", "==", uid));
  return found.docs.map(readDevice);
}

/** Copies a user's extens to one of their devices. */
export function saveExtens(
  transaction: Transaction,
  { db }: Services,
  deviceId: string,
  extens: readonly string[],
): void {
  transaction.update(devicesRef(db).doc(deviceId), { extens });
}
