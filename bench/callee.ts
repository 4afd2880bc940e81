import { createHash } from "node:crypto";
import type { Firestore } from "firebase-admin/firestore";

/** The exten that benchmarks call. */
export const exten = "07045144801";

/** The PBX key of benchmarks, and the secret `PBX_KEYS` with its digest. */
export const key = "bench-key";
export const pbxKeys = JSON.stringify([{ id: "bench", sha256: createHash("sha256").update(key).digest("hex") }]);

/** Gives the exten a phone with that registration token. */
export async function addCallee(db: Firestore, token: string): Promise<void> {
  const device = {
    uid: "callee",
    extens: [exten],
    platform: "android",
    registration: { kind: "token", value: token },
    audienceShard: "0",
    stale: false,
  };
  await db.collection("lines").doc(exten).set({ uid: "callee" });
  await db.doc("devices/phone-of-the-callee").set({ ...device, createdAt: new Date(), lastSeenAt: new Date() });
}
