import { Timestamp } from "firebase-admin/firestore";
import { pbxKeysRef } from "../keys/key-document.ts";
import { addKey } from "../keys/manage-keys.ts";
import type { Services } from "../services.ts";
import { askFirestore, type Asked } from "./ask-firestore.ts";
import { probeExten, probePbxId } from "./probe-phones.ts";

/** Longer than a probe takes; a key that was not removed ends by itself. */
const keyMs = 120_000;

/**
 * Makes a key that rings the probe's exten and nothing else, and removes it after its use. No secret is kept anywhere.
 * Without a key, returns why.
 */
export async function withProbeKey<T>(services: Services, use: (key: string) => Promise<T>): Promise<Asked<T>> {
  const expiresAt = new Date(services.clock.now() + keyMs);
  const grant = { pbxId: probePbxId, scopes: ["calls" as const], extens: [probeExten], note: "The hourly probe's" };
  const made = await askFirestore(addKey(services, grant, expiresAt));
  if ("fault" in made) return made;
  const { key, sha256 } = made.answer;
  try {
    return { answer: await use(key) };
  } finally {
    // If that fails, the next probe removes it.
    await askFirestore(removeKeys(services, sha256));
  }
}

/** Removes a key, and those of probes that died. */
async function removeKeys({ db, clock }: Services, sha256: string): Promise<void> {
  const { docs } = await pbxKeysRef(db).where("pbxId", "==", probePbxId).get();
  const now = Timestamp.fromMillis(clock.now()).valueOf();
  const isOver = (expiresAt: unknown) => expiresAt instanceof Timestamp && expiresAt.valueOf() <= now;
  const old = docs.filter((doc) => doc.id === sha256 || isOver(doc.get("expiresAt")));
  await Promise.all(old.map(async ({ ref }) => ref.delete()));
}
