import { devicesRef, readDevices, type Device } from "../../functions/src/devices/device.ts";
import { listNamesakes } from "../../functions/src/devices/list-devices.ts";
import type { Services } from "../../functions/src/services.ts";
import { findUsers, isEmail } from "../../functions/src/users/find-users.ts";
import { isDeviceId } from "../command/arguments.ts";
import { Failure, WrongUsage } from "../command/errors.ts";

/** A device as a command's user names it: several users may have one with the same id. */
export interface NamedDevice {
  readonly deviceId: string;
  /** A uid or an email. */
  readonly user?: string | undefined;
}

/** The device with this id, or `undefined` if there is none. Throws if several users have one and none is named. */
export async function findDevice(services: Services, { deviceId, user }: NamedDevice): Promise<Device | undefined> {
  const uid = user === undefined ? undefined : await getUid(services, user);
  const namesakes = await listNamesakes(services, deviceId);
  return requireOne(
    namesakes.filter((device) => uid === undefined || device.uid === uid),
    `a device ${deviceId}`,
  );
}

/**
 * The device of any of its names: its id, `<user>/<deviceId>`, its registration, the beginning of that as the log has it,
 * or the id of its document. No message repeats the name: it may be a registration.
 */
export async function findByAnyName(services: Services, name: string, user?: string): Promise<Device | undefined> {
  const slash = name.lastIndexOf("/");
  if (!isDeviceId(name.slice(slash + 1)))
    throw new WrongUsage("A device is a deviceId, a user/deviceId or a registration");
  if (slash >= 0) return findDevice(services, { user: name.slice(0, slash), deviceId: name.slice(slash + 1) });
  const uid = user === undefined ? undefined : await getUid(services, user);
  for (const find of [listNamesakes, listHolders, findDocument]) {
    const devices = (await find(services, name)).filter((device) => uid === undefined || device.uid === uid);
    if (devices.length > 0) return requireOne(devices, "this device");
  }
  return undefined;
}

function requireOne(devices: readonly Device[], what: string): Device | undefined {
  if (devices.length < 2) return devices[0];
  const names = devices.map(({ uid }) => uid).toSorted();
  throw new Failure(`Several users have ${what}`, `give --user ${names.join(" or --user ")}`);
}

/** `token:dQw4w9Wg…`, as logs and lists shorten a registration. */
const shortened = /^(?:token|fid):([^…]{8})…?$/;

/** The devices with a registration or a VoIP token, or with a registration that begins so. */
async function listHolders({ db }: Services, name: string): Promise<readonly Device[]> {
  const devices = devicesRef(db);
  const begin = shortened.exec(name)?.[1];
  const queries =
    begin === undefined
      ? ["registration.value", "voip.token"].map((field) => devices.where(field, "==", name))
      : [devices.where("registration.value", ">=", begin).where("registration.value", "<", `${begin}\uF8FF`)];
  const found = await Promise.all(queries.map(async (query) => query.limit(maxHolders).get()));
  return readDevices(found.flatMap(({ docs }) => docs));
}

/** More devices with one address are not looked at. */
const maxHolders = 10;

async function findDocument({ db }: Services, name: string): Promise<readonly Device[]> {
  return readDevices([await devicesRef(db).doc(name).get()]);
}

/** The uid of a user who is named by uid or email. Throws if no user has the email. */
export async function getUid(services: Services, user: string): Promise<string> {
  if (!isEmail(user)) return user;
  const known = (await findUsers(services, [user])).get(user);
  if (known === undefined) throw new Error(`There is no user ${user}`);
  return known.uid;
}
