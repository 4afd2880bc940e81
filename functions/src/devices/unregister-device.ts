import type { Services } from "../services.ts";
import { deleteDevices } from "./delete-devices.ts";
import { devicesRef, readDevice, type Device } from "./device.ts";

/**
 * Forgets a phone when its user logs out; a phone that belongs to another user stays. Returns whether it was removed.
 */
export async function unregisterDevice(
  services: Services,
  input: { readonly uid: string; readonly deviceId: string },
): Promise<boolean> {
  return (await removeDevice(services, input.deviceId, ({ uid }) => uid === input.uid)) !== undefined;
}

/** Forgets a phone for an operator; returns the removed device, or `undefined` if there is none. */
export async function forgetDevice(services: Services, deviceId: string): Promise<Device | undefined> {
  return removeDevice(services, deviceId, () => true);
}

async function removeDevice(
  services: Services,
  deviceId: string,
  isDue: (device: Device) => boolean,
): Promise<Device | undefined> {
  return services.db.runTransaction(async (transaction) => {
    const snapshot = await transaction.get(devicesRef(services.db).doc(deviceId));
    const device = snapshot.exists ? readDevice(snapshot) : undefined;
    if (device === undefined || !isDue(device)) return undefined;
    deleteDevices(transaction, services, [device]);
    return device;
  });
}
