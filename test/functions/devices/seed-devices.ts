import type { Firestore } from "firebase-admin/firestore";
import { Timestamp } from "../../support/functions-admin-sdk.ts";
import type { AudienceEntry } from "../../../functions/src/devices/audience/audience.ts";
import { buildDeviceDocId, devicesRef, readDevice, type Device } from "../../../functions/src/devices/device.ts";
import { registerDevice } from "../../../functions/src/devices/register-device.ts";
import type { Services } from "../../../functions/src/services.ts";

export const dayMs = 24 * 60 * 60 * 1000;

/** The registration of a device, as long as a real one. */
export function registrationOf(deviceId: string, generation = 1) {
  return { kind: "token", value: `registration-${generation}-of-${deviceId}`.padEnd(140, "x") } as const;
}

/** Each user has one device: only the last twenty of a user stay. */
function ownerOf(deviceId: string): string {
  return `owner-of-${deviceId}`;
}

/** Fields of a device that a test sets. */
export interface EntryFields {
  readonly seenDaysAgo?: number;
  readonly stale?: boolean;
  readonly uid?: string;
  readonly muted?: readonly string[];
}

/** Puts devices `d-0000`, `d-0001` … into the database at once, in the state that registering and the nightly job leave. */
export async function seedDevices(
  { db, clock, config }: Services,
  count: number,
  describe: (index: number) => EntryFields = () => ({}),
  shards = config.audienceShards,
): Promise<string[]> {
  const packed = new Map<string, Record<string, object>>();
  const documents: [string, object][] = [];
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const deviceId = `d-${String(index).padStart(4, "0")}`;
    const { seenDaysAgo = 0, stale = false, uid = ownerOf(deviceId), muted } = describe(index);
    const registration = registrationOf(deviceId);
    const seenAt = Timestamp.fromMillis(clock.now() - seenDaysAgo * dayMs);
    const audienceShard = String(index % shards);
    const id = buildDeviceDocId({ uid, deviceId });
    const common = { registration, platform: "android" };
    const device = { ...common, uid, deviceId, extens: [], audienceShard, appVersion: null, locale: null, stale };
    ids.push(deviceId);
    documents.push([`devices/${id}`, { ...device, createdAt: seenAt, lastSeenAt: seenAt }]);
    const entries = packed.get(audienceShard) ?? {};
    entries[id] = { ...common, ...(stale && { stale }), ...(muted && { muted }) };
    packed.set(audienceShard, entries);
  }
  for (const [shard, devices] of packed) documents.push([`audience/${shard}`, { devices }]);
  for (let start = 0; start < documents.length; start += 500) {
    const batch = db.batch();
    for (const [path, document] of documents.slice(start, start + 500)) batch.set(db.doc(path), document);
    await batch.commit();
  }
  return ids;
}

/** Registers a device as its app does. */
export async function register(
  services: Services,
  deviceId: string,
  { generation = 1, uid = ownerOf(deviceId) }: { readonly generation?: number; readonly uid?: string } = {},
): Promise<void> {
  const registration = registrationOf(deviceId, generation);
  await registerDevice(services, { uid, deviceId, platform: "android", registration });
}

/** The id of a seeded device's document. */
export function docIdOf(deviceId: string, uid = ownerOf(deviceId)): string {
  return buildDeviceDocId({ uid, deviceId });
}

/** Every device, by its deviceId. */
export async function readDevices(db: Firestore): Promise<Map<string, Device>> {
  const { docs } = await devicesRef(db).get();
  const devices = docs.map(readDevice).toSorted((one, other) => (one.deviceId < other.deviceId ? -1 : 1));
  return new Map(devices.map((device) => [device.deviceId, device]));
}

/** Every entry of the audience, with its shard; `deviceId` is its device's, or the entry's key without a device. */
export async function readEntries(
  db: Firestore,
): Promise<(AudienceEntry & { id: string; deviceId: string; shard: string })[]> {
  const names = new Map([...(await readDevices(db)).values()].map(({ id, deviceId }) => [id, deviceId]));
  const { docs } = await db.collection("audience").get();
  return docs.flatMap((document) => {
    const devices = (document.get("devices") ?? {}) as Record<string, AudienceEntry>;
    return Object.entries(devices).map(([id, entry]) => ({
      ...entry,
      id,
      deviceId: names.get(id) ?? id,
      shard: document.id,
    }));
  });
}
