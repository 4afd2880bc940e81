import type { DocumentReference, DocumentSnapshot, Transaction } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import { byDeviceId, deviceRefs, devicesRef, pickDevice, readDevices, type Device, type DeviceName } from "./device.ts";

/** The devices that ring for an exten, in the order of their ids: one query. */
export async function findDevicesOfExten({ db }: Services, exten: string): Promise<readonly Device[]> {
  const found = await devicesRef(db).where("extens", "array-contains", exten).get();
  return readDevices(found.docs).toSorted(byDeviceId);
}

/** Firestore's limit of values in one query. */
const valuesPerQuery = 30;

/** The current devices of app installs whose documents had these ids before. */
export async function findSuccessors({ db }: Services, formerIds: readonly string[]): Promise<readonly Device[]> {
  const found: Device[] = [];
  for (let start = 0; start < formerIds.length; start += valuesPerQuery) {
    const ids = formerIds.slice(start, start + valuesPerQuery);
    found.push(...readDevices((await devicesRef(db).where("formerIds", "array-contains-any", ids).get()).docs));
  }
  return found;
}

/** The devices with one of these registrations' values, of any user. */
export async function findHolders({ db }: Services, values: readonly string[]): Promise<readonly Device[]> {
  const found: Device[] = [];
  for (let start = 0; start < values.length; start += valuesPerQuery) {
    const some = values.slice(start, start + valuesPerQuery);
    found.push(...readDevices((await devicesRef(db).where("registration.value", "in", some).get()).docs));
  }
  return found;
}

/** The devices of a user in the order of their ids, read inside a transaction. */
export async function findDevicesOfUser(
  transaction: Transaction,
  { db }: Services,
  uid: string,
): Promise<readonly Device[]> {
  const found = await transaction.get(devicesRef(db).where("uid", "==", uid));
  return readDevices(found.docs).toSorted(byDeviceId);
}

/** Reads documents: the database, or a transaction. */
interface Reader {
  getAll(...refs: DocumentReference[]): Promise<DocumentSnapshot[]>;
}

/** A user's device, or `undefined` if there is none. */
export async function findDevice(reader: Reader, { db }: Services, name: DeviceName): Promise<Device | undefined> {
  return pickDevice(await reader.getAll(...deviceRefs(db, name)), name);
}

/** Copies a user's extens to one of their devices. */
export function saveExtens(
  transaction: Transaction,
  { db }: Services,
  { id }: Pick<Device, "id">,
  extens: readonly string[],
): void {
  transaction.update(devicesRef(db).doc(id), { extens });
}
