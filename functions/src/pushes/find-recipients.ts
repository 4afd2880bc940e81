import type { Device } from "../devices/device.ts";
import { devicesRef, readDevice } from "../devices/device.ts";
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
  readonly deviceId?: string;
}

/** A push with its recipients resolved. */
export interface ResolvedPush extends HeldPush {
  /** Recipients for which FCM has not accepted it yet. */
  readonly recipients: readonly Recipient[];
  /** The keys of devices that were unregistered, or changed hands, before they got it. */
  readonly gone: readonly string[];
}

/**
 * Finds the recipients that do not have a push yet. The devices of an exten or a uid are looked up once and stored in
 * the push, so that a resumed push goes to the same phones.
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

async function findDevices(services: Services, held: HeldPush, target: DeviceTarget): Promise<ResolvedPush> {
  const known = held.push.deviceIds;
  const found = known === undefined ? await lookUp(services, target) : await readDevices(services, known);
  const resolved = known === undefined ? await saveDeviceIds(services, held, found) : held;
  // A phone that has changed hands since must not show a push for its former user.
  const devices = new Map(
    found.filter((device) => isRecipient(device, target)).map((device) => [device.deviceId, device]),
  );
  const waiting = listWaiting(resolved);
  const recipients = waiting.flatMap((key): Recipient[] => {
    const device = devices.get(key);
    return device === undefined ? [] : [{ key, target: device.registration, deviceId: key }];
  });
  return { ...resolved, recipients, gone: waiting.filter((key) => !devices.has(key)) };
}

async function lookUp(services: Services, target: DeviceTarget): Promise<readonly Device[]> {
  if ("exten" in target) return findDevicesOfExten(services, target.exten);
  return services.db.runTransaction((transaction) => findDevicesOfUser(transaction, services, target.uid), {
    readOnly: true,
  });
}

async function readDevices({ db }: Services, deviceIds: readonly string[]): Promise<readonly Device[]> {
  if (deviceIds.length === 0) return [];
  const snapshots = await db.getAll(...deviceIds.map((deviceId) => devicesRef(db).doc(deviceId)));
  return snapshots.filter(({ exists }) => exists).map(readDevice);
}

async function saveDeviceIds(services: Services, held: HeldPush, devices: readonly Device[]): Promise<HeldPush> {
  const deviceIds = devices.map(({ deviceId }) => deviceId);
  return { ...held, push: await changeHeld(services, held, (push) => ({ ...push, deviceIds })) };
}

function isRecipient(device: Device, target: DeviceTarget): boolean {
  return "exten" in target ? device.extens.includes(target.exten) : device.uid === target.uid;
}
