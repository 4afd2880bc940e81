import type { Transaction } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import { parseUser, userRef, type Unregistered } from "../users/user.ts";
import type { RequestOrder } from "../wire.ts";
import { updateAudience } from "./audience/update-audience.ts";
import { isOvertaken } from "./request-order.ts";
import { deleteDevices } from "./delete-devices.ts";
import type { Device, DeviceName } from "./device.ts";
import { findDevice } from "./find-devices.ts";

/** A phone whose user logs out. */
export interface Unregistration extends DeviceName {
  readonly order?: RequestOrder | undefined;
}

/** Forgets a user's phone when the user logs out. Returns whether it was removed. */
export async function unregisterDevice(services: Services, input: Unregistration): Promise<boolean> {
  return (await removeDevice(services, input)) !== undefined;
}

/** Forgets a phone for an operator; returns the removed device, or `undefined` if there is none. */
export async function forgetDevice(services: Services, name: DeviceName): Promise<Device | undefined> {
  return removeDevice(services, name);
}

async function removeDevice(services: Services, input: Unregistration): Promise<Device | undefined> {
  const { db } = services;
  const removed = await db.runTransaction(async (transaction) => {
    const [device, remember] = await Promise.all([
      findDevice(transaction, services, input),
      prepareMark(transaction, services, input),
    ]);
    if (isOvertaken(input.order, [device?.order])) return undefined;
    if (device !== undefined) deleteDevices(transaction, services, [device]);
    remember();
    return device;
  });
  if (removed !== undefined) await updateAudience(services, [removed]);
  return removed;
}

/** More than an app install logs out while one of its requests is under way. */
const maxMarks = 5;

/** Reads now and returns the write that stops an earlier `registerDevice` of the same run, which may still come. */
async function prepareMark(
  transaction: Transaction,
  { db }: Services,
  { uid, deviceId, order }: Unregistration,
): Promise<() => void> {
  if (order === undefined) return () => undefined;
  const ref = userRef(db, uid);
  const { unregistered: known } = parseUser(await transaction.get(ref));
  const mark: Unregistered = { deviceId, ...order };
  const isOlder = known.some((one) => one.deviceId === deviceId && one.run === order.run && one.count >= order.count);
  const others = known.filter((one) => one.deviceId !== deviceId || one.run !== order.run);
  return () => {
    if (isOlder) return;
    transaction.set(ref, { unregistered: [mark, ...others].slice(0, maxMarks) }, { merge: true });
  };
}
