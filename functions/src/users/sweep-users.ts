import { FieldPath } from "firebase-admin/firestore";
import { devicesRef } from "../devices/device.ts";
import { eraseDevices } from "../devices/erase-devices.ts";
import { readPages } from "../firestore/pages.ts";
import type { Services } from "../services.ts";
import { eraseUser } from "./erase-user.ts";
import { findUsersByUid, usersPerLookup } from "./find-users.ts";
import { usersRef } from "./user.ts";

// Another project's Auth, or one that was restored from a backup, makes living users look deleted. One or two may go in
// a night in the smallest project; more must be a small share.
const alwaysErasable = 2;
const breakerShare = 0.3;

/** Fields of a user's document that an operator writes: a user without others has never logged in. */
const operatorFields = new Set(["extens"]);

/** How many users the sweep has looked up, erased and silenced. */
export interface SweptUsers {
  readonly checked: number;
  readonly erased: number;
  readonly silenced: number;
}

/**
 * Erases the users that Firebase Auth no longer has, and forgets the devices of disabled ones, which keep everything
 * else: an app that logs in again registers again. If an unusual share is missing, nothing is erased.
 */
export async function sweepUsers(services: Services): Promise<SweptUsers> {
  const { log } = services;
  const missing: string[] = [];
  const disabled: string[] = [];
  let checked = 0;
  for await (const uids of inGroups(listUids(services))) {
    const known = await findUsersByUid(services, uids);
    checked += uids.length;
    missing.push(...uids.filter((uid) => !known.has(uid)));
    disabled.push(...uids.filter((uid) => known.get(uid)?.isDisabled === true));
  }
  const isUnusual = missing.length > Math.max(alwaysErasable, checked * breakerShare);
  if (isUnusual) log.error("erase_breaker_tripped", { checked, missing: missing.length });
  const erasable = isUnusual ? [] : missing;
  const failures: unknown[] = [];
  const erased = await countDone(erasable, failures, async (uid) => {
    log.info("user_erased", { uid, ...(await eraseUser(services, uid)) });
    return true;
  });
  const silenced = await countDone(disabled, failures, async (uid) => {
    const devices = await eraseDevices(services, uid);
    if (devices > 0) log.info("user_silenced", { uid, devices });
    return devices > 0;
  });
  const swept = { checked, erased, silenced };
  log.info("users_swept", { ...swept });
  if (failures.length > 0) throw new AggregateError(failures, "Some users could not be erased or silenced");
  return swept;
}

/** Runs `act` for each user, and counts those for which it did something. A failure does not stop the others. */
async function countDone(
  uids: readonly string[],
  failures: unknown[],
  act: (uid: string) => Promise<boolean>,
): Promise<number> {
  let done = 0;
  for (const uid of uids) {
    try {
      if (await act(uid)) done += 1;
    } catch (error) {
      failures.push(error);
    }
  }
  return done;
}

/** Every uid of a user with data of their own, once: those of devices and those with settings. */
async function* listUids({ db }: Services): AsyncGenerator<string, void, undefined> {
  const seen = new Set<string>();
  for await (const page of readPages(usersRef(db).orderBy(FieldPath.documentId()))) {
    for (const user of page) {
      if (Object.keys(user.data()).every((field) => operatorFields.has(field))) continue;
      seen.add(user.id);
      yield user.id;
    }
  }
  let last = "";
  for await (const page of readPages(devicesRef(db).orderBy("uid").select("uid"))) {
    for (const device of page) {
      const uid = String(device.get("uid"));
      if (uid !== last && !seen.has(uid)) yield uid;
      last = uid;
    }
  }
}

async function* inGroups(uids: AsyncIterable<string>): AsyncGenerator<readonly string[], void, undefined> {
  let group: string[] = [];
  for await (const uid of uids) {
    group.push(uid);
    if (group.length < usersPerLookup) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
