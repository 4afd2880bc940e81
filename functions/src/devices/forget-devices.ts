import type { Registration } from "../fcm/registration.ts";
import type { Services } from "../services.ts";
import { removeFromAudience } from "./audience.ts";
import { devicesRef, readDevice, sameRegistration } from "./device.ts";

// A wrong project or a revoked key makes live phones look dead. Registrations die a few per cent a month, so a batch
// in which three of ten are gone is our fault; fewer than twenty sends say nothing either way.
const breakerMinimumSends = 20;
const breakerShare = 0.3;

/** What FCM said of a batch of sends, as far as forgetting goes. */
export interface DeadRegistrations {
  /** How many registrations the batch was sent to. */
  readonly sent: number;
  /** Those that FCM calls unregistered, with the device they were read from where that is known. */
  readonly dead: readonly { readonly registration: Registration; readonly deviceId?: string }[];
}

/**
 * Forgets the devices whose registration FCM has declared dead and tells how many went. A device that has a new
 * registration by now stays. When an unusual share of the batch is dead the breaker trips: nobody is forgotten.
 */
export async function forgetDevices(services: Services, batch: DeadRegistrations): Promise<number> {
  const { sent, dead } = batch;
  if (dead.length === 0) return 0;
  if (sent >= breakerMinimumSends && dead.length > sent * breakerShare) {
    services.log.error("forget_breaker_tripped", { sent, unregistered: dead.length });
    return 0;
  }
  const ids = await Promise.all(dead.map(async (one) => deviceIdsOf(services, one)));
  const gone = await Promise.all(
    dead.flatMap(({ registration }, index) =>
      (ids[index] ?? []).map(async (deviceId) => compareAndDelete(services, deviceId, registration)),
    ),
  );
  return gone.filter(Boolean).length;
}

async function deviceIdsOf(
  { db }: Services,
  { registration, deviceId }: DeadRegistrations["dead"][number],
): Promise<readonly string[]> {
  if (deviceId !== undefined) return [deviceId];
  const held = await devicesRef(db).where("registration.value", "==", registration.value).get();
  return held.docs.map((snapshot) => snapshot.id);
}

async function compareAndDelete(services: Services, deviceId: string, registration: Registration): Promise<boolean> {
  const ref = devicesRef(services.db).doc(deviceId);
  const forgotten = await services.db.runTransaction(async (transaction) => {
    const snapshot = await transaction.get(ref);
    if (!snapshot.exists || !sameRegistration(readDevice(snapshot).registration, registration)) return false;
    transaction.delete(ref);
    removeFromAudience(transaction, services, deviceId);
    return true;
  });
  if (forgotten) services.log.info("device_forgotten", { deviceId, registration });
  return forgotten;
}
