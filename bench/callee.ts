import { createHash } from "node:crypto";
import type { Firestore } from "firebase-admin/firestore";
import { savePbxKey } from "../harness/pbx-keys.ts";
import { buildDeviceDocId } from "../functions/src/devices/device.ts";

/** The exten that benchmarks call. */
export const exten = "07045144801";

/** The PBX key of benchmarks; {@link addCallee} stores it. */
export const key = "bench-key";

/** The secret of the naive function, which has the digest of that key. */
export const naiveKeys = JSON.stringify([{ id: "bench", sha256: createHash("sha256").update(key).digest("hex") }]);

/** Stores the PBX key, and gives the exten a phone with that registration token. */
export async function addCallee(db: Firestore, token: string): Promise<void> {
  const device = {
    uid: "callee",
    deviceId: "phone-of-the-callee",
    extens: [exten],
    platform: "android",
    registration: { kind: "token", value: token },
    audienceShard: "0",
    stale: false,
  };
  await savePbxKey(db, key, { pbxId: "bench" });
  await db.collection("lines").doc(exten).set({ uid: "callee" });
  await db
    .collection("devices")
    .doc(buildDeviceDocId(device))
    .set({ ...device, createdAt: new Date(), lastSeenAt: new Date() });
}
