import { Timestamp, type Firestore } from "@google-cloud/firestore";
import { buildDeviceDocId } from "../functions/src/devices/device.ts";

/** A device that was written to the database. */
export interface SeededDevice {
  readonly deviceId: string;
  /** The id of its document. */
  readonly id: string;
  /** Its FCM registration token. */
  readonly token: string;
  /** The audience document it is packed into. */
  readonly shard: string;
}

/** Where to write devices. */
export interface Audience {
  readonly db: Firestore;
  /** `AUDIENCE_SHARDS` of the functions. */
  readonly shards: number;
}

// A commit is limited to 10 MiB; Firestore no longer limits its number of writes.
const devicesPerCommit = 500;

/** Number of commits in flight. */
const writers = 4;

/**
 * Writes a device for each token, with the same documents as if each had registered. Returns them in order:
 * `device-0000000`, `device-0000001` and so on, each with its own user.
 */
export async function seedAudience(
  { db, shards }: Audience,
  tokens: Iterable<string>,
): Promise<readonly SeededDevice[]> {
  const devices = [...tokens].map((token, index): SeededDevice => {
    const deviceId = `device-${String(index).padStart(7, "0")}`;
    return {
      deviceId,
      id: buildDeviceDocId({ uid: ownerOf(deviceId), deviceId }),
      token,
      shard: String(index % shards),
    };
  });
  const starts = Array.from({ length: Math.ceil(devices.length / devicesPerCommit) }, (_, nth) => nth).values();
  const write = async () => {
    for (const nth of starts)
      await saveDevices(db, devices.slice(nth * devicesPerCommit, (nth + 1) * devicesPerCommit));
  };
  await Promise.all(Array.from({ length: writers }, write));
  for (const [shard, packed] of Map.groupBy(devices, (device) => device.shard)) {
    const entries = packed.map((device) => [device.id, buildEntry(device)] as const);
    await db.doc(`audience/${shard}`).set({ devices: Object.fromEntries(entries) });
  }
  return devices;
}

function ownerOf(deviceId: string): string {
  return `owner-of-${deviceId}`;
}

function buildEntry({ token }: SeededDevice) {
  return { registration: { kind: "token", value: token }, platform: "android" };
}

async function saveDevices(db: Firestore, devices: readonly SeededDevice[]): Promise<void> {
  const batch = db.batch();
  const seenAt = Timestamp.now();
  for (const device of devices) {
    batch.set(db.collection("devices").doc(device.id), {
      ...buildEntry(device),
      uid: ownerOf(device.deviceId),
      deviceId: device.deviceId,
      extens: [],
      audienceShard: device.shard,
      appVersion: null,
      locale: null,
      stale: false,
      createdAt: seenAt,
      lastSeenAt: seenAt,
    });
  }
  await batch.commit();
}
