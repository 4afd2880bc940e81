import { Timestamp, type Transaction } from "firebase-admin/firestore";
import type { Registration } from "../registration.ts";
import type { Services } from "../services.ts";
import { parseUser, userRef, type User } from "../users/user.ts";
import type { ServerSettings } from "../wire.ts";
import { removeFromAudience, saveToAudience, shardOf } from "./audience/audience.ts";
import { deleteDevices } from "./delete-devices.ts";
import { devicesRef, readDevice, sameRegistration, type Device, type Platform } from "./device.ts";
import { findDevicesOfUser } from "./find-devices.ts";

/** What a phone sends when its user logs in or the app starts. */
export interface DeviceRegistration {
  readonly uid: string;
  readonly deviceId: string;
  readonly platform: Platform;
  readonly registration: Registration;
  readonly appVersion?: string | null | undefined;
  readonly locale?: string | null | undefined;
}

/** The reply to the phone. */
export interface Registered {
  readonly extens: readonly string[];
  readonly serverSettings: ServerSettings | null;
  /** The ids of the user's devices that gave way to this one; absent if none did. */
  readonly evicted?: readonly string[];
}

/**
 * More phones than a person has. Without a limit, one account could fill the audience documents that all users share.
 */
const devicesPerUser = 20;

/**
 * Registers a phone, or renews its registration. If another user had the device id or the registration, it moves to
 * this user in one transaction: the last login owns the phone. A user's twenty-first phone replaces the one unseen for
 * longest.
 */
export async function registerDevice(services: Services, input: DeviceRegistration): Promise<Registered> {
  const { db } = services;
  const devices = devicesRef(db);
  const registered = await db.runTransaction<Registered>(async (transaction) => {
    const [known, holders, owned, owner] = await Promise.all([
      transaction.get(devices.doc(input.deviceId)),
      transaction.get(devices.where("registration.value", "==", input.registration.value)),
      findDevicesOfUser(transaction, services, input.uid),
      transaction.get(userRef(db, input.uid)),
    ]);
    const user = parseUser(owner);
    const before = known.exists ? readDevice(known) : undefined;
    const former = findFormerInstalls(input, holders.docs.map(readDevice));
    const device = buildDevice(services, input, user, before, former);
    const surplus = findSurplus(device, owned);
    const replaced = [...former, ...surplus];
    // A device may be in both lists.
    deleteDevices(transaction, services, [...new Map(replaced.map((one) => [one.deviceId, one])).values()]);
    const { deviceId, ...document } = device;
    transaction.set(devices.doc(deviceId), document);
    moveInAudience(transaction, services, { before, device, user });
    const evicted = surplus.map((one) => one.deviceId);
    const { extens, serverSettings } = user;
    return { extens, serverSettings, ...(evicted.length > 0 && { evicted }) };
  });
  // Its owner's phone no longer rings: this line is the only trace of why.
  for (const deviceId of registered.evicted ?? []) {
    services.log.warn("device_evicted", { deviceId, by: input.deviceId });
  }
  return registered;
}

/** Devices with the same registration under another id: they are the same app install. */
function findFormerInstalls(input: DeviceRegistration, holders: readonly Device[]): readonly Device[] {
  return holders.filter(
    (held) => held.deviceId !== input.deviceId && sameRegistration(held.registration, input.registration),
  );
}

/** More ids than an app install has during one ring. */
const maxFormerIds = 5;

function listFormerIds(before: Device | undefined, former: readonly Device[]): readonly string[] {
  const others = former.flatMap(({ deviceId, formerIds = [] }) => [deviceId, ...formerIds]);
  return [...new Set([...others, ...(before?.formerIds ?? [])])].slice(0, maxFormerIds);
}

function findSurplus(device: Device, owned: readonly Device[]): readonly Device[] {
  const others = owned.filter(({ deviceId }) => deviceId !== device.deviceId);
  const newestFirst = others.toSorted((one, other) => other.lastSeenAt.toMillis() - one.lastSeenAt.toMillis());
  return newestFirst.slice(devicesPerUser - 1);
}

function buildDevice(
  { clock, config }: Services,
  input: DeviceRegistration,
  user: User,
  before: Device | undefined,
  former: readonly Device[],
): Device {
  const now = Timestamp.fromMillis(clock.now());
  const formerIds = listFormerIds(before, former);
  return {
    deviceId: input.deviceId,
    uid: input.uid,
    extens: user.extens,
    platform: input.platform,
    registration: input.registration,
    audienceShard: shardOf(input.deviceId, config.audienceShards),
    ...(formerIds.length > 0 && { formerIds }),
    appVersion: input.appVersion ?? null,
    locale: input.locale ?? null,
    createdAt: before?.createdAt ?? now,
    lastSeenAt: now,
    stale: false,
  };
}

interface Move {
  readonly before: Device | undefined;
  readonly device: Device;
  readonly user: User;
}

/**
 * Writes only if something changed: apps register at every start, and the shared document must stay free of contention.
 */
function moveInAudience(transaction: Transaction, services: Services, { before, device, user }: Move): void {
  const isMoved = before !== undefined && before.audienceShard !== device.audienceShard;
  const isUnchanged =
    before !== undefined &&
    !isMoved &&
    !before.stale &&
    before.uid === device.uid &&
    before.platform === device.platform &&
    sameRegistration(before.registration, device.registration);
  if (isUnchanged) return;
  if (isMoved) removeFromAudience(transaction, services, [before]);
  saveToAudience(transaction, services, [{ ...device, muted: user.mutedCampaigns }]);
}
