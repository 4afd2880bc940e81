import { Timestamp } from "./functions-admin-sdk.ts";
import { buildDeviceDocId } from "../../functions/src/devices/device.ts";
import { alice, type TestFunctions } from "./functions.ts";

/** Fields of a device's audience entry that a test sets. */
export interface EntryFields {
  readonly muted?: readonly string[];
  readonly stale?: true;
}

/**
 * Puts many devices into the database at once, in the state that registering them one by one leaves, each with an app of its
 * own at FCM. Returns their tokens by the ids of their documents.
 */
export async function addAudience(
  { services, fcm }: TestFunctions,
  count: number,
  describe: (index: number) => EntryFields = () => ({}),
): Promise<Map<string, string>> {
  const { db, config } = services;
  const tokens = new Map<string, string>();
  const shards = new Map<string, Record<string, object>>();
  const writer = db.bulkWriter();
  const seenAt = Timestamp.now();
  for (let index = 0; index < count; index += 1) {
    const deviceId = `device-${String(index).padStart(6, "0")}`;
    const { token } = fcm.createRegistration();
    const registration = { kind: "token", value: token };
    const audienceShard = String(index % config.audienceShards);
    const name = { uid: alice.uid, deviceId };
    const id = buildDeviceDocId(name);
    const { muted, stale } = describe(index);
    tokens.set(id, token);
    const entry = { registration, platform: "android", ...(muted && { muted }), ...(stale && { stale }) };
    shards.set(audienceShard, { ...shards.get(audienceShard), [id]: entry });
    const device = {
      ...name,
      extens: [],
      platform: "android",
      registration,
      audienceShard,
      stale: stale === true,
    };
    void writer.set(db.doc(`devices/${id}`), { ...device, createdAt: seenAt, lastSeenAt: seenAt });
  }
  for (const [shard, devices] of shards) void writer.set(db.doc(`audience/${shard}`), { devices });
  await writer.close();
  return tokens;
}
