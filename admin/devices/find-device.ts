import type { Device } from "../../functions/src/devices/device.ts";
import { listNamesakes } from "../../functions/src/devices/list-devices.ts";
import type { Services } from "../../functions/src/services.ts";
import { findUsers, isEmail } from "../../functions/src/users/find-users.ts";

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
  const found = namesakes.filter((device) => uid === undefined || device.uid === uid);
  if (found.length < 2) return found[0];
  const users = found.map((device) => device.uid).toSorted();
  throw new Error(`Several users have a device ${deviceId}: give --uid ${users.join(" or --uid ")}`);
}

/** The uid of a user who is named by uid or email. Throws if no user has the email. */
export async function getUid(services: Services, user: string): Promise<string> {
  if (!isEmail(user)) return user;
  const known = (await findUsers(services, [user])).get(user);
  if (known === undefined) throw new Error(`There is no user ${user}`);
  return known.uid;
}
