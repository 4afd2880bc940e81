import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { alice, bob, startFunctions, type Person } from "../../support/functions.ts";

const functions = await startFunctions();
after(() => functions.close());

/** The number of random lives of a call; INTERLEAVINGS=200 for a thorough run, FIRST_SEED to repeat one. */
const count = Number(process.env["INTERLEAVINGS"] ?? 25);
const firstSeed = Number(process.env["FIRST_SEED"] ?? 1);

/** Repeatable numbers in [0, 1): Park and Miller's generator. */
function createRandom(seed: number): () => number {
  let state = seed * 7919;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

interface Phone {
  readonly deviceId: string;
  readonly person: Person;
  readonly token: string;
  /** Set when the user answers or declines, which stops the ringing on this phone. */
  stopped: boolean;
}

async function addPhone(deviceId: string, person: Person): Promise<Phone> {
  const { token } = functions.fcm.createRegistration();
  const registration = { kind: "token", value: token };
  await functions.call("registerDevice", person, { deviceId, platform: "android", registration });
  return { deviceId, person, token, stopped: false };
}

/** How many pushes of each type reached a phone. */
function countPushes({ token }: Phone): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { message } of functions.fcm.messages(token)) {
    const { type } = (message as { data: { type: string } }).data;
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return counts;
}

/** The app's reaction to its pushes: it rings for a call, and stops at its end. */
function rings(phone: Phone): boolean {
  const pushes = countPushes(phone);
  return !phone.stopped && pushes.has("incoming_call") && !pushes.has("call_ended");
}

/** One random life: everything that can happen to a call, in random order and partly at the same time. */
async function live(seed: number, phones: readonly Phone[]): Promise<string[]> {
  const random = createRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const linkedId = `life.${seed}`;
  const done: string[] = [];
  const report = async (event: string, phone: Phone) => {
    const callId = `pbx-1~${linkedId}`;
    const { body } = await functions.call("reportCall", phone.person, { callId, deviceId: phone.deviceId, event });
    if (event === "answered" || event === "declined" || event === "ended") phone.stopped = true;
    if (body.result?.ringing === false) phone.stopped = true;
  };
  const acts: readonly (() => [name: string, act: Promise<unknown>])[] = [
    () => ["call", functions.pbx("POST", "/calls", { call_id: linkedId, exten: "0701" })],
    () => ["call", functions.pbx("POST", "/calls", { call_id: linkedId, exten: "0702" })],
    () => {
      const [event, phone] = [pick(["received", "ready", "ready", "answered", "declined", "ended"]), pick(phones)];
      return [`${phone.deviceId} ${event}`, report(event, phone)];
    },
    () => {
      const fault = pick([{ error_code: "UNAVAILABLE", times: 2 }, { drop: true }, { status: 200, delay_ms: 20 }]);
      functions.fcm.addFault({ match: { token: pick(phones).token }, ...fault });
      return [`fault ${JSON.stringify(fault)}`, Promise.resolve()];
    },
    () => ["end", functions.pbx("POST", `/calls/${linkedId}/end`, { dialstatus: "CANCEL" })],
    () => ["end of one exten", functions.pbx("POST", `/calls/${linkedId}/end`, { reason: "missed", exten: "0702" })],
  ];
  let together: Promise<unknown>[] = [];
  for (let step = 0; step < 12; step += 1) {
    // Most calls begin before they end.
    const [name, act] = (step < 2 && random() < 0.8 ? acts[step]! : pick(acts))();
    done.push(name);
    together.push(act);
    if (random() < 0.5) {
      await Promise.all(together);
      together = [];
    }
  }
  await Promise.all(together);
  functions.fcm.clearFaults();
  // The hangup handler sends the end in any case, and again without an answer.
  await functions.pbx("POST", `/calls/${linkedId}/end`, { dialstatus: "CANCEL" });
  return done;
}

describe("any life of a call", () => {
  it(`leaves no phone ringing and no listener open, ${count} times`, { timeout: 300_000 }, async () => {
    await functions.pbx("PUT", "/lines/0701", { uid: "alice" });
    await functions.pbx("PUT", "/lines/0702", { uid: "bob" });
    const phones = await Promise.all([addPhone("a-1", alice), addPhone("a-2", alice), addPhone("b-1", bob)]);
    for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
      functions.fcm.clearMessages();
      for (const phone of phones) phone.stopped = false;
      const done = await live(seed, phones);
      const ringing = phones.filter(rings).map(({ deviceId }) => deviceId);
      assert.deepEqual(ringing, [], `FIRST_SEED=${seed} INTERLEAVINGS=1: ${done.join(", ")}`);
      assert.equal(functions.listeners(), 0, `FIRST_SEED=${seed}`);
      const repeated = phones.filter((phone) => (countPushes(phone).get("incoming_call") ?? 0) > 1);
      assert.deepEqual(repeated, [], `FIRST_SEED=${seed} INTERLEAVINGS=1: ${done.join(", ")}`);
    }
  });
});
