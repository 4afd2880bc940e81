import type { Query } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import { byDeviceId, devicesRef, readDevices, type Device } from "./device.ts";

/** Filters by user, exten and staleness, combined with AND. */
export interface DeviceFilter {
  readonly uid?: string | undefined;
  readonly exten?: string | undefined;
  readonly stale?: boolean | undefined;
}

/** At most `limit` devices that match, in the order of their ids. */
export async function listDevices(
  { db }: Services,
  { uid, exten, stale }: DeviceFilter,
  limit: number,
): Promise<readonly Device[]> {
  let query: Query = devicesRef(db);
  if (uid !== undefined) query = query.where("uid", "==", uid);
  if (exten !== undefined) query = query.where("extens", "array-contains", exten);
  if (stale !== undefined) query = query.where("stale", "==", stale);
  return readDevices((await query.limit(limit).get()).docs).toSorted(byDeviceId);
}

/** The devices with a `deviceId`: more than one if several users have it. */
export async function listNamesakes({ db }: Services, deviceId: string): Promise<readonly Device[]> {
  const [found, old] = await Promise.all([
    devicesRef(db).where("deviceId", "==", deviceId).get(),
    devicesRef(db).doc(deviceId).get(),
  ]);
  const devices = readDevices([...found.docs, old]).filter((device) => device.deviceId === deviceId);
  return [...new Map(devices.map((device) => [device.id, device])).values()];
}

/** The devices seen last, newest first. */
export async function listLatestDevices({ db }: Services, limit: number): Promise<readonly Device[]> {
  return readDevices((await devicesRef(db).orderBy("lastSeenAt", "desc").limit(limit).get()).docs);
}

/** At most `limit` devices with a VoIP token, in no order that means anything. */
export async function listVoipDevices({ db }: Services, limit: number): Promise<readonly Device[]> {
  return readDevices((await devicesRef(db).where("voip.token", ">", "").limit(limit).get()).docs);
}

/** Whether an iPhone is registered, with a VoIP token or without. */
export async function hasIphone({ db }: Services): Promise<boolean> {
  return !(await devicesRef(db).where("platform", "==", "ios").limit(1).get()).empty;
}
