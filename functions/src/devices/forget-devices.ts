import { registrationKey, type Registration } from "../registration.ts";
import type { Services } from "../services.ts";
import type { Packed } from "./audience/audience.ts";
import { changeDevices } from "./change-devices.ts";
import { deleteDevices } from "./delete-devices.ts";
import { findHolders } from "./find-devices.ts";

// A wrong project or a revoked key makes live phones look unregistered. A few per cent of registrations die in a month,
// so a batch with three of ten gone is our fault; fewer than twenty sends prove nothing.
const breakerMinimumSends = 20;
const breakerShare = 0.3;

/** Whether so many of a batch cannot be dead: something is wrong with us. */
function isUnusual({ sent, dead }: { readonly sent: number; readonly dead: number }): boolean {
  return sent >= breakerMinimumSends && dead > sent * breakerShare;
}

/** A registration that FCM reported as unregistered, with its device if known. */
export interface DeadRegistration {
  readonly registration: Registration;
  readonly device?: Packed;
}

/**
 * Forgets the devices whose registration FCM reported as unregistered in a batch of `sent`. A device that has a new
 * registration by now stays, and so does an iPhone that gets VoIP pushes. If an unusual share of the batch is
 * unregistered, the breaker trips and no device is forgotten. Never throws: the pushes are sent, and FCM reports a
 * registration that stays again at the next push.
 */
export async function forgetDevices(
  services: Services,
  { sent, dead }: { readonly sent: number; readonly dead: readonly DeadRegistration[] },
): Promise<void> {
  const { config, log } = services;
  if (isUnusual({ sent, dead: dead.length })) {
    log.error("forget_breaker_tripped", { sent, unregistered: dead.length });
    return;
  }
  const declaredDead = new Set(dead.map(({ registration }) => registrationKey(registration)));
  const { devices, failures } = await changeDevices(services, await locate(services, dead), {
    isDue: ({ registration, voip }) => {
      // Only one function has Apple's key, so the topics say where VoIP pushes are sent; wrong settings say nothing.
      const isServed = voip !== undefined && (config.apnsFaults.length > 0 || config.apnsTopics.includes(voip.topic));
      return !isServed && declaredDead.has(registrationKey(registration));
    },
    change: deleteDevices,
  });
  for (const { uid, deviceId, registration } of devices) log.info("device_forgotten", { uid, deviceId, registration });
  for (const error of failures) log.error("forget_failed", { error });
}

/** The devices that have the registrations, or had them at the time of the send, each once. */
async function locate(services: Services, dead: readonly DeadRegistration[]): Promise<readonly Packed[]> {
  const known = dead.flatMap(({ device }) => device ?? []);
  const nameless = dead.flatMap(({ device, registration }) => (device === undefined ? registration.value : []));
  const found = await findHolders(services, nameless).catch((error: unknown) => {
    services.log.error("forget_failed", { error });
    return [];
  });
  return [...new Map([...known, ...found].map((device) => [device.id, device])).values()];
}
