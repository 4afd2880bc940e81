import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Surroundings } from "../../local/cloud/surroundings.ts";

const exten = "07045144801";
const key = "bench-key";

/** The secret `PBX_KEYS` with the key of {@link callSteadily}. */
export const pbxKeys = JSON.stringify([{ id: "bench", sha256: createHash("sha256").update(key).digest("hex") }]);

/** Gives the exten that is called a phone. */
export async function addPhone({ db, fcm }: Surroundings): Promise<void> {
  const registration = { kind: "token", value: fcm.createRegistration().token };
  const device = {
    uid: "callee",
    extens: [exten],
    platform: "android",
    registration,
    audienceShard: "0",
    stale: false,
  };
  await db.collection("lines").doc(exten).set({ uid: "callee" });
  await db.doc("devices/phone-of-the-callee").set({ ...device, createdAt: new Date(), lastSeenAt: new Date() });
}

const spacingMs = 50;

/**
 * Announces a call every 50 ms until it `isOver`, however long the earlier ones take, and returns for each how long after
 * its time it was answered, in milliseconds. Rejects when a call has not reached the phone.
 */
export async function callSteadily(pbxUrl: string, isOver: (made: number) => boolean): Promise<readonly number[]> {
  const answered: Promise<number>[] = [];
  const startedAt = performance.now();
  for (let made = 0; !isOver(made); made += 1) {
    const dueAt = startedAt + made * spacingMs;
    await delay(Math.max(0, dueAt - performance.now()));
    answered.push(call(pbxUrl, dueAt));
  }
  return Promise.all(answered);
}

let calls = 0;

async function call(pbxUrl: string, dueAt: number): Promise<number> {
  await callOnce(pbxUrl);
  return performance.now() - dueAt;
}

/** Announces one call; rejects when it has not reached the phone. */
export async function callOnce(pbxUrl: string): Promise<void> {
  calls += 1;
  const response = await fetch(`${pbxUrl}/calls`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ call_id: `bench.${calls}`, exten, caller_id: "01012345678", caller_name: "홍길동" }),
  });
  const answer = await response.text();
  if (response.status !== 200 || !answer.includes('"accepted":1')) {
    throw new Error(`POST /calls answered ${response.status}: ${answer}`);
  }
}
