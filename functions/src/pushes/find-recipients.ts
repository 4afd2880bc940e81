import type { Device } from "../devices/device.ts";
import { findDevicesOfExten, findDevicesOfUser } from "../devices/find-devices.ts";
import { ownEntry } from "../own-entry.ts";
import type { Target } from "../fcm/message.ts";
import type { Services } from "../services.ts";
import { changeHeld, type HeldPush } from "./held-push.ts";
import { listRecipients } from "./lifecycle.ts";
import type { PushTarget } from "./push.ts";

/** One recipient of a push; `key` is the key of its outcome. */
export interface Recipient {
  readonly key: string;
  readonly target: Target;
  readonly device?: Device;
}

/** A push with its recipients resolved. */
export interface ResolvedPush extends HeldPush {
  /** Recipients for which FCM has not accepted it yet. */
  readonly recipients: readonly Recipient[];
  /** The keys of devices that were unregistered, or changed hands, before they got it. */
  readonly gone: readonly string[];
}

/**
 * Finds the recipients that do not have a push yet. The devices of an exten or a uid are named in the push at the
 * first try, so that a resumed push goes to the same phones.
 */
export async function findRecipients(services: Services, held: HeldPush): Promise<ResolvedPush> {
  const { target } = held.push;
  if ("exten" in target || "uid" in target) return findDevices(services, held, target);
  const keys = listWaiting(held);
  const recipients = keys.map((key) => ({ key, target: addressOf(target, key) }));
  return { ...held, recipients, gone: [] };
}

function addressOf(target: Exclude<PushTarget, DeviceTarget>, key: string): Target {
  if ("fcmTopic" in target) return { kind: "fcmTopic", value: target.fcmTopic };
  const value = "token" in target ? target.token : target.tokens[Number(key)];
  if (value === undefined) throw new Error(`No token has the index ${key}`);
  return { kind: "token", value };
}

/** Recipients without a final outcome. */
function listWaiting({ push }: HeldPush): readonly string[] {
  return listRecipients(push).filter((key) => (ownEntry(push.outcomes, key)?.state ?? "waiting") === "waiting");
}

type DeviceTarget = Extract<PushTarget, { exten: string } | { uid: string }>;

/**
 * The devices of the exten or uid, and no phone that has changed hands since the push was first tried: it must not show
 * a push for its former user.
 */
async function findDevices(services: Services, held: HeldPush, target: DeviceTarget): Promise<ResolvedPush> {
  const found = await lookUp(services, target);
  const resolved = held.push.deviceIds === undefined ? await saveDevices(services, held, found) : held;
  const { uid } = resolved.push;
  // A push that was first tried by the first edition has no uid.
  const own = found.filter((device) => uid === undefined || device.uid === uid);
  const devices = new Map(own.map((device) => [device.deviceId, device]));
  const waiting = listWaiting(resolved);
  const recipients = waiting.flatMap((key): Recipient[] => {
    const device = devices.get(key);
    return device === undefined ? [] : [{ key, target: device.registration, device }];
  });
  return { ...resolved, recipients, gone: waiting.filter((key) => !devices.has(key)) };
}

async function lookUp(services: Services, target: DeviceTarget): Promise<readonly Device[]> {
  if ("exten" in target) return findDevicesOfExten(services, target.exten);
  return services.db.runTransaction((transaction) => findDevicesOfUser(transaction, services, target.uid), {
    readOnly: true,
  });
}

async function saveDevices(services: Services, held: HeldPush, devices: readonly Device[]): Promise<HeldPush> {
  const uid = devices[0]?.uid;
  const names = { deviceIds: devices.map(({ deviceId }) => deviceId), ...(uid !== undefined && { uid }) };
  return { ...held, push: await changeHeld(services, held, (push) => ({ ...push, ...names })) };
}
