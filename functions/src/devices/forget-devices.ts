import { registrationKey, type Registration } from "../registration.ts";
import type { Services } from "../services.ts";
import { shardOf, type Packed } from "./audience/audience.ts";
import { changeDevices } from "./change-devices.ts";
import { deleteDevices } from "./delete-devices.ts";
import { devicesRef, readDevice } from "./device.ts";

// A wrong project or a revoked key makes live phones look dead. Registrations die a few per cent a month, so a batch
// in which three of ten are gone is our fault; fewer than twenty sends say nothing either way.
const breakerMinimumSends = 20;
const breakerShare = 0.3;

/** As many values as Firestore compares with in one query. */
const valuesPerQuery = 30;

/** A registration that FCM calls unregistered, with the device it was read from where that is known. */
export interface DeadRegistration {
  readonly registration: Registration;
  readonly deviceId?: string;
}

/**
 * Forgets the devices whose registration FCM has declared dead in a batch of `sent`. A device that has a new
 * registration by now stays. When an unusual share of the batch is dead the breaker trips: no device is forgotten. It never
 * throws: the pushes have been sent, and a registration that stays is declared dead again with the next one.
 */
export async function forgetDevices(
  services: Services,
  { sent, dead }: { readonly sent: number; readonly dead: readonly DeadRegistration[] },
): Promise<void> {
  const { log } = services;
  if (sent >= breakerMinimumSends && dead.length > sent * breakerShare) {
    log.error("forget_breaker_tripped", { sent, unregistered: dead.length });
    return;
  }
  const declaredDead = new Set(dead.map(({ registration }) => registrationKey(registration)));
  const { devices, failures } = await changeDevices(services, await locate(services, dead), {
    isDue: ({ registration }) => declaredDead.has(registrationKey(registration)),
    change: deleteDevices,
  });
  for (const { deviceId, registration } of devices) log.info("device_forgotten", { deviceId, registration });
  for (const error of failures) log.error("forget_failed", { error });
}

/** The devices that hold the registrations, or held them when they were sent to, each once. */
async function locate(services: Services, dead: readonly DeadRegistration[]): Promise<readonly Packed[]> {
  const { audienceShards } = services.config;
  const located = new Map<string, Packed>();
  const nameless: string[] = [];
  for (const { deviceId, registration } of dead) {
    // Where it really is packed stands in its document; to be grouped well, the likely shard will do.
    if (deviceId !== undefined) located.set(deviceId, { deviceId, audienceShard: shardOf(deviceId, audienceShards) });
    else nameless.push(registration.value);
  }
  for (let start = 0; start < nameless.length; start += valuesPerQuery) {
    for (const held of await findHolders(services, nameless.slice(start, start + valuesPerQuery))) {
      located.set(held.deviceId, held);
    }
  }
  return [...located.values()];
}

async function findHolders({ db, log }: Services, values: readonly string[]): Promise<readonly Packed[]> {
  try {
    return (await devicesRef(db).where("registration.value", "in", values).get()).docs.map(readDevice);
  } catch (error) {
    log.error("forget_failed", { error });
    return [];
  }
}
