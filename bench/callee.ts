import { createHash } from "node:crypto";
import type { Firestore } from "firebase-admin/firestore";
import { voipTopic } from "../harness/demo-apns.ts";
import { savePbxKey } from "../harness/pbx-keys.ts";
import { buildDeviceDocId } from "../functions/src/devices/device.ts";

/** The exten that benchmarks call. */
export const exten = "07045144801";

/** The exten of an iPhone that APNs rings. */
export const iphoneExten = "07045144802";

/** The PBX key of benchmarks; {@link addCallee} stores it. */
export const key = "bench-key";

/** The secret of the naive function, which has the digest of that key. */
export const naiveKeys = JSON.stringify([{ id: "bench", sha256: createHash("sha256").update(key).digest("hex") }]);

/** Stores the PBX key, and gives the exten a phone with that registration token. */
export async function addCallee(db: Firestore, token: string): Promise<void> {
  await savePbxKey(db, key, { pbxId: "bench" });
  await addPhone(db, exten, { uid: "callee", platform: "android", token });
}

/** Gives {@link iphoneExten} an iPhone with that registration token and a VoIP token. */
export async function addIphone(db: Firestore, token: string): Promise<void> {
  const voip = { token: "ab".repeat(32), topic: voipTopic, environment: "production" };
  await addPhone(db, iphoneExten, { uid: "iphone-callee", platform: "ios", token, voip });
}

interface Phone {
  readonly uid: string;
  readonly platform: "android" | "ios";
  readonly token: string;
  readonly voip?: object;
}

async function addPhone(db: Firestore, line: string, { uid, platform, token, voip }: Phone): Promise<void> {
  const now = new Date();
  const device = {
    uid,
    deviceId: `phone-of-${uid}`,
    extens: [line],
    platform,
    registration: { kind: "token", value: token },
    audienceShard: "0",
    stale: false,
    createdAt: now,
    lastSeenAt: now,
    ...(voip !== undefined && { voip }),
  };
  await db.collection("lines").doc(line).set({ uid });
  await db.collection("devices").doc(buildDeviceDocId(device)).set(device);
}
