import type { Registration } from "../fcm/registration.ts";
import type { Services } from "../services.ts";
import { deleteDevice } from "./delete-device.ts";
import { devicesRef, readDevice, sameRegistration } from "./device.ts";

// A wrong project or a revoked key makes live phones look dead. Registrations die a few per cent a month, so a batch
// in which three of ten are gone is our fault; fewer than twenty sends say nothing either way.
const breakerMinimumSends = 20;
const breakerShare = 0.3;

/** Devices share audience documents, and transactions on one document queue up behind each other. */
const forgottenAtOnce = 10;

/** A registration that FCM calls unregistered, with the device it was read from where that is known. */
export interface DeadRegistration {
  readonly registration: Registration;
  readonly deviceId?: string;
}

/**
 * Forgets the devices whose registration FCM has declared dead in a batch of `sent`. A device that has a new
 * registration by now stays. When an unusual share of the batch is dead the breaker trips: nobody is forgotten. It never
 * throws: the pushes have been sent, and a registration that stays is declared dead again with the next one.
 */
export async function forgetDevices(
  services: Services,
  { sent, dead }: { readonly sent: number; readonly dead: readonly DeadRegistration[] },
): Promise<void> {
  if (sent >= breakerMinimumSends && dead.length > sent * breakerShare) {
    services.log.error("forget_breaker_tripped", { sent, unregistered: dead.length });
    return;
  }
  for (let start = 0; start < dead.length; start += forgottenAtOnce) {
    const group = dead.slice(start, start + forgottenAtOnce);
    const forgotten = await Promise.allSettled(group.map((one) => forgetDevice(services, one)));
    for (const result of forgotten) {
      if (result.status === "rejected") services.log.error("forget_failed", { error: result.reason });
    }
  }
}

async function forgetDevice(services: Services, { registration, deviceId }: DeadRegistration): Promise<void> {
  if (deviceId !== undefined) return compareAndDelete(services, deviceId, registration);
  const held = await devicesRef(services.db).where("registration.value", "==", registration.value).get();
  for (const { id } of held.docs) await compareAndDelete(services, id, registration);
}

async function compareAndDelete(services: Services, deviceId: string, registration: Registration): Promise<void> {
  const forgotten = await services.db.runTransaction(async (transaction) => {
    const snapshot = await transaction.get(devicesRef(services.db).doc(deviceId));
    if (!snapshot.exists) return false;
    const device = readDevice(snapshot);
    if (!sameRegistration(device.registration, registration)) return false;
    deleteDevice(transaction, services, device);
    return true;
  });
  if (forgotten) services.log.info("device_forgotten", { deviceId, registration });
}
