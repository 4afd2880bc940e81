import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { status as codes } from "@grpc/grpc-js";
import { alice, bob, startFunctions } from "../../support/functions.ts";
import { addPhone, pushesTo } from "../../support/line.ts";
import { startScriptedFirestore } from "../../support/scripted-firestore/scripted-firestore.ts";

const firestore = await startScriptedFirestore();
const functions = await startFunctions({ FIRESTORE_EMULATOR_HOST: firestore.host });
const { faults, requests, reset } = firestore.database("(default)");
after(async () => {
  await functions.close();
  await firestore.close();
});

const call_id = "1763712000.17";

beforeEach(async () => {
  faults.clear();
  reset();
  await functions.saveKeys();
  functions.fcm.clearMessages();
  functions.fcm.clearFaults();
  await functions.pbx("PUT", "/lines/101", { uid: "alice" });
  await functions.pbx("PUT", "/lines/102", { uid: "bob" });
});

async function addPhones(count: number): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, async (_, nth) => addPhone(functions, `phone-${nth}`)));
}

async function announce(exten: string, ring_id: string) {
  return functions.pbx("POST", "/calls", { call_id, exten, ring_id });
}

/** The requests of one announcement: the RPC of each, and whether it was sent before any answer. */
async function watch(run: () => Promise<{ status: number; text: string }>) {
  const from = requests.length;
  const answer = await run();
  assert.equal(answer.status, 200, answer.text);
  const made = requests.slice(from);
  const firstAnswer = Math.min(...made.map(({ answeredAt = Infinity }) => answeredAt));
  return { count: made.length, atOnce: made.filter(({ startedAt }) => startedAt < firstAnswer).length };
}

const callPushes = (token: string): any[] =>
  pushesTo(functions, token).filter(({ data }) => data.type === "incoming_call");

describe("an announcement with a ring_id", () => {
  it("makes three requests with one phone, two of them at once and before the push", async () => {
    await addPhones(1);
    faults.delay = () => 15;
    assert.deepEqual(await watch(async () => announce("101", "r1")), { count: 3, atOnce: 2 });
  });

  it("makes no more for the second exten, and for the second ring of the first", async () => {
    await addPhones(1);
    await addPhone(functions, "bobs", bob);
    faults.delay = () => 15;
    await announce("101", "r1");
    assert.deepEqual(await watch(async () => announce("102", "r1")), { count: 3, atOnce: 2 });
    await functions.pbx("POST", `/calls/${call_id}/end`, { ring_id: "r1" });
    assert.deepEqual(await watch(async () => announce("101", "r2")), { count: 3, atOnce: 2 });
  });

  it("makes no more with twenty phones, and one more when FCM delays one of them", async () => {
    const [slow] = await addPhones(20);
    assert.equal((await watch(async () => announce("101", "r1"))).count, 3);
    functions.fcm.addFault({ match: { token: slow! }, status: 200, delay_ms: 1500 });
    assert.equal((await watch(async () => announce("101", "r2"))).count, 4);
  });
});

describe("a Firestore whose answers are lost", () => {
  for (const [name, code] of [
    ["INTERNAL", codes.INTERNAL],
    ["UNKNOWN", codes.UNKNOWN],
  ] as const) {
    it(`as ${name}: the PBX retries, and the phone rings once`, { timeout: 40_000 }, async () => {
      const [token] = await addPhones(1);
      faults.lostAs = code;
      faults.loseAnswers("rings", 1);
      const first = await announce("101", "r1");
      assert.deepEqual([first.status, first.body.error.code], [503, "try_again"]);
      assert.equal((await announce("101", "r1")).body.accepted, 1);
      assert.equal(callPushes(token!).length, 1);
      faults.loseAnswers("rings", 1);
      const { callId } = callPushes(token!)[0].data;
      const report = { callId, deviceId: "phone-0", event: "ready" };
      assert.equal((await functions.call("reportCall", alice, report)).status, 503);
    });
  }

  it("joins a ring to another, although the response to that was lost", { timeout: 40_000 }, async () => {
    await functions.pbx("PUT", "/lines/103", { uid: "alice" });
    const [token] = await addPhones(1);
    await announce("101", "r1");
    let commits = 0;
    faults.delay = () => {
      const { rpc, collections } = requests.at(-1)!;
      // The first creates the ring, the second joins it to the other.
      if (rpc === "Commit" && collections.includes("rings") && (commits += 1) === 2) faults.loseAnswers("rings", 1);
      return 0;
    };
    const joined = await announce("103", "r2");
    assert.deepEqual([joined.status, joined.body.status], [200, "notified"]);
    assert.equal(callPushes(token!).length, 1);
  });

  it("still recognises the repeat of an announcement without a ring_id", async () => {
    const [token] = await addPhones(1);
    await announce("101", "r1");
    let commits = 0;
    faults.delay = () => {
      const { rpc, collections } = requests.at(-1)!;
      // The first creates the ring, the second undoes that.
      if (rpc === "Commit" && collections.includes("rings") && (commits += 1) === 2) faults.loseAnswers("rings", 1);
      return 0;
    };
    const repeat = await functions.pbx("POST", "/calls", { call_id, exten: "101" });
    assert.equal(repeat.body.status, "notified");
    assert.equal(callPushes(token!).length, 1);
  });

  it("rings a phone once", async () => {
    const [token] = await addPhones(1);
    faults.loseAnswers("rings", 1);
    assert.equal((await announce("101", "r1")).body.accepted, 1);
    assert.equal(callPushes(token!).length, 1);
    faults.loseAnswers("rings", 1);
    const ended = await functions.pbx("POST", `/calls/${call_id}/end`, { ring_id: "r1" });
    assert.equal(ended.body.notified, 1);
    assert.equal(pushesTo(functions, token!).length, 2);
  });
});

// Last: the SDK repeats aborted writes in the background for a while, where a lost answer could hit them.
describe("a Firestore that aborts contending writes", () => {
  it("only delays a ring", async () => {
    const [token] = await addPhones(1);
    faults.abortNext("rings", 3);
    assert.equal((await announce("101", "r1")).body.accepted, 1);
    assert.equal(callPushes(token!).length, 1);
  });

  it("accepts the reports of fifteen phones at once, and their answers", async () => {
    const tokens = await addPhones(15);
    faults.abortsContended = true;
    faults.delay = () => 15;
    await announce("101", "r1");
    const [{ data }] = callPushes(tokens[0]!) as [any];
    const report = (event: string) =>
      tokens.map(async (_, nth) =>
        functions.call("reportCall", alice, { callId: data.callId, deviceId: `phone-${nth}`, event }),
      );
    const answers = await Promise.all([...report("received"), ...report("ready")]);
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
    const { devices } = (await functions.pbx("GET", `/calls/${call_id}`)).body;
    assert.deepEqual([...new Set(devices.map(({ state }: any) => state))], ["ready"]);
  });

  it(
    "leads to try_again when it goes on aborting, and the repeat pushes nothing again",
    { timeout: 40_000 },
    async () => {
      const [token] = await addPhones(1);
      const pushed = functions.pbx("POST", "/calls", { call_id, exten: "101", ring_id: "r1" });
      // The claim succeeds; the write that settles it does not.
      while (callPushes(token!).length === 0) await new Promise(setImmediate);
      faults.abortNext("rings", 10_000);
      const first = await pushed;
      faults.clear();
      if (first.status !== 200) assert.deepEqual([first.status, first.body.error.code], [503, "try_again"]);
      const again = await announce("101", "r1");
      assert.equal(again.body.accepted, 1, again.text);
      assert.equal(callPushes(token!).length, 1);
    },
  );
});

describe("a phone's report", () => {
  it("is answered within seconds while Firestore aborts, and does not delay the next request", async () => {
    const [token] = await addPhones(1);
    await announce("101", "r1");
    const [{ data }] = callPushes(token!) as [any];
    faults.abortNext("rings", 10_000);
    const startedAt = performance.now();
    const report = { callId: data.callId, deviceId: "phone-0", event: "ready" };
    const answer = await functions.call("reportCall", alice, report);
    assert.deepEqual([answer.status, answer.body.error.status], [503, "UNAVAILABLE"]);
    assert.ok(performance.now() - startedAt < 6000);
    faults.clear();
    const endedAt = performance.now();
    assert.equal((await functions.pbx("POST", `/calls/${call_id}/end`, { ring_id: "r1" })).body.notified, 1);
    assert.ok(performance.now() - endedAt < 2000);
  });
});
