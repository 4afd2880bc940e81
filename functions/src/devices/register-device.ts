import { Timestamp, type Transaction } from "firebase-admin/firestore";
import { InvalidRequest } from "../errors.ts";
import type { Services } from "../services.ts";
import { parseUser, userRef, type User } from "../users/user.ts";
import type { DeviceInput, Registered } from "../wire.ts";
import { chooseShard, isShard } from "./audience/audience.ts";
import { updateAudience, type Outdated } from "./audience/update-audience.ts";
import { isOvertaken } from "./request-order.ts";
import { deleteDevices } from "./delete-devices.ts";
import {
  buildDeviceDocId,
  devicesRef,
  readDevices,
  sameRegistration,
  type Device,
  type DeviceName,
  type StoredVoip,
} from "./device.ts";
import { findDevicesOfUser } from "./find-devices.ts";

/** What a phone sends when its user logs in or the app starts. */
export type DeviceRegistration = DeviceName & DeviceInput;

/** What a registration changes: the device, the devices that give way, and audience entries. */
interface Registering {
  readonly user: User;
  /** The devices of other users with the same registration. */
  readonly taken: readonly Device[];
  /** The user's own devices beyond the limit. */
  readonly surplus: readonly Device[];
  readonly outdated: readonly Outdated[];
}

/** More phones than a person has. Without a limit, one account could fill the database. */
const devicesPerUser = 20;

/**
 * Registers a phone, or renews its registration. A device of another user is replaced if it has the same registration or
 * VoIP token, which only the app install itself knows: the last login owns the phone. The same `deviceId` alone takes nothing from
 * anybody. A user's twenty-first phone replaces the one unseen for longest.
 */
export async function registerDevice(services: Services, input: DeviceRegistration): Promise<Registered> {
  const { user, taken, surplus, outdated } = await saveDevice(services, input);
  // Its owner's phone no longer rings: these lines are the only trace of why.
  for (const { uid, deviceId } of taken) {
    services.log.info("device_moved", { uid, deviceId, to: input.uid, toDeviceId: input.deviceId });
  }
  for (const { uid, deviceId } of surplus) {
    services.log.warn("device_evicted", { uid, deviceId, by: input.deviceId });
  }
  await updateAudience(services, outdated);
  const evicted = surplus.map(({ deviceId }) => deviceId);
  const { extens, serverSettings } = user;
  return { extens, serverSettings, ...(evicted.length > 0 && { evicted }) };
}

async function saveDevice(services: Services, input: DeviceRegistration): Promise<Registering> {
  const { db } = services;
  const devices = devicesRef(db);
  const id = buildDeviceDocId(input);
  return db.runTransaction(async (transaction) => {
    const [known, holding, owned, owner] = await Promise.all([
      transaction.get(devices.doc(id)),
      findHolding(transaction, services, input),
      findDevicesOfUser(transaction, services, input.uid),
      transaction.get(userRef(db, input.uid)),
    ]);
    const user = parseUser(owner);
    const named = [...readDevices([known]), ...owned.filter(({ deviceId }) => deviceId === input.deviceId)];
    refuseOvertaken(input, [...holding, ...named], user);
    const [before] = named;
    const former = distinct([...holding, ...named].filter((one) => one.id !== id));
    const device = buildDevice(services, input, { id, user, before, former });
    const surplus = findSurplus(device, owned, former);
    deleteDevices(transaction, services, [...former, ...surplus]);
    const { id: _id, ...document } = device;
    transaction.set(devices.doc(id), document);
    // An entry in another document is an old one of this device.
    const own = before?.id === id ? [before, device] : [device];
    const isUnchanged = before?.id === id && isEntryOf(before, device);
    const taken = former.filter(({ uid }) => uid !== input.uid);
    return { user, taken, surplus, outdated: [...former, ...surplus, ...(isUnchanged ? [] : own)] };
  });
}

/** The devices with the registration or the VoIP token of a phone, of any user. */
async function findHolding(
  transaction: Transaction,
  { db }: Services,
  { registration, voip }: DeviceRegistration,
): Promise<readonly Device[]> {
  const devices = devicesRef(db);
  const [byRegistration, byVoip] = await Promise.all([
    transaction.get(devices.where("registration.value", "==", registration.value)),
    voip ? transaction.get(devices.where("voip.token", "==", voip.token)) : undefined,
  ]);
  const same = readDevices(byRegistration.docs).filter((held) => sameRegistration(held.registration, registration));
  return [...same, ...readDevices(byVoip?.docs ?? [])];
}

/** An earlier request of the same run may come late: its user has logged out since, or another one has logged in. */
function refuseOvertaken({ uid, deviceId, order }: DeviceRegistration, devices: readonly Device[], user: User): void {
  const left = user.unregistered.filter((one) => one.deviceId === deviceId);
  if (!isOvertaken(order, [...devices.map((device) => device.order), ...left])) return;
  throw new InvalidRequest("overtaken", `A later request of this app has changed the device ${deviceId} of ${uid}`);
}

function distinct(devices: readonly Device[]): readonly Device[] {
  return [...new Map(devices.map((device) => [device.id, device])).values()];
}

/** More ids than an app install has during one ring. */
const maxFormerIds = 5;

function findSurplus(device: Device, owned: readonly Device[], former: readonly Device[]): readonly Device[] {
  const others = owned.filter(({ id }) => id !== device.id && !former.some((one) => one.id === id));
  const newestFirst = others.toSorted((one, other) => other.lastSeenAt.toMillis() - one.lastSeenAt.toMillis());
  return newestFirst.slice(devicesPerUser - 1);
}

/** What the database knows of a device that registers. */
interface Known {
  readonly id: string;
  readonly user: User;
  readonly before: Device | undefined;
  /** The documents that this one replaces. */
  readonly former: readonly Device[];
}

function buildDevice(
  { clock, config: { audienceShards } }: Services,
  { uid, deviceId, platform, registration, appVersion, locale, order, ...input }: DeviceRegistration,
  { id, user, before, former }: Known,
): Device {
  const now = Timestamp.fromMillis(clock.now());
  const others = former.flatMap((one) => [buildDeviceDocId(one), ...(one.formerIds ?? [])]);
  const formerIds = [...new Set([...others, ...(before?.formerIds ?? [])])].filter((one) => one !== id);
  const voip = chooseVoip(input.voip, before?.voip, { former, now });
  const facts = input.facts ?? before?.facts;
  const keepsShard = before?.id === id && isShard(before.audienceShard, audienceShards);
  return {
    id,
    uid,
    deviceId,
    extens: user.extens,
    platform,
    registration,
    ...(voip && { voip }),
    ...(facts !== undefined && { facts }),
    audienceShard: keepsShard ? before.audienceShard : chooseShard(audienceShards),
    ...(formerIds.length > 0 && { formerIds: formerIds.slice(0, maxFormerIds) }),
    ...(order !== undefined && { order }),
    appVersion: appVersion ?? null,
    locale: locale ?? null,
    createdAt: before?.createdAt ?? now,
    lastSeenAt: now,
    stale: false,
  };
}

/**
 * The address to store. An app sends its token at each start, and may be wrong about its environment: what is known of the
 * same token is kept, also from a document that this one replaces.
 */
function chooseVoip(
  sent: DeviceInput["voip"],
  known: StoredVoip | undefined,
  { former, now }: { readonly former: readonly Device[]; readonly now: Timestamp },
): StoredVoip | undefined {
  if (sent === undefined) return known;
  if (sent === null) return undefined;
  const same = [known, ...former.map(({ voip }) => voip)].find((voip) => voip?.token === sent.token);
  return { ...sent, environment: same?.environment ?? sent.environment, registeredAt: same?.registeredAt ?? now };
}

/**
 * Whether the device's audience entry stays as it is: apps register at every start, and the shared document must stay
 * free of contention.
 */
function isEntryOf(before: Device, device: Device): boolean {
  return (
    before.audienceShard === device.audienceShard &&
    !before.stale &&
    before.platform === device.platform &&
    before.locale === device.locale &&
    sameRegistration(before.registration, device.registration)
  );
}
