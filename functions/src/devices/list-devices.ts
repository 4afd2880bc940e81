import type { Query } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import { devicesRef, readDevice, type Device } from "./device.ts";

/** Filters by user, exten and staleness, combined with AND. */
export interface DeviceFilter {
  readonly uid?: string | undefined;
  readonly exten?: string | undefined;
  readonly stale?: boolean | undefined;
}

/** The first devices that match, in id order. */
export async function listDevices(
  { db }: Services,
  { uid, exten, stale }: DeviceFilter,
  limit: number,
): Promise<readonly Device[]> {
  let query: Query = devicesRef(db);
  if (uid !== undefined) query = query.where("uid", "==", uid);
  if (exten !== undefined) query = query.where("extens", "array-contains", exten);
  if (stale !== undefined) query = query.where("stale", "==", stale);
  return (await query.limit(limit).get()).docs.map(readDevice);
}

/** The device with this id, or `undefined` if there is none. */
export async function findDevice({ db }: Services, deviceId: string): Promise<Device | undefined> {
  const snapshot = await devicesRef(db).doc(deviceId).get();
  return snapshot.exists ? readDevice(snapshot) : undefined;
}

/** The devices seen last, newest first. */
export async function listLatestDevices({ db }: Services, limit: number): Promise<readonly Device[]> {
  return (await devicesRef(db).orderBy("lastSeenAt", "desc").limit(limit).get()).docs.map(readDevice);
}
