import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { bob, startFunctions } from "../../support/functions.ts";
import { addPhone, pushesTo, resetState } from "../../support/line.ts";
import { until } from "../../support/until.ts";

const functions = await startFunctions();
after(() => functions.close());

const call_id = "1763712000.17";
let [a, b]: string[] = [];

beforeEach(async () => {
  await resetState(functions);
  await functions.pbx("PUT", "/lines/101", { uid: "alice" });
  await functions.pbx("PUT", "/lines/102", { uid: "bob" });
  a = await addPhone(functions, "a");
  b = await addPhone(functions, "b", bob);
});

async function announce(exten: string, ring_id?: string, more: object = {}): Promise<string> {
  const body = { call_id, exten, ...(ring_id !== undefined && { ring_id }), caller_id: "010", ...more };
  return (await functions.pbx("POST", "/calls?format=text", body)).text.trim();
}

async function end(body: object): Promise<string> {
  return (await functions.pbx("POST", `/calls/${call_id}/end?format=text`, body)).text.trim();
}

function typesTo(token: string | undefined): string[] {
  return pushesTo(functions, token!).map(({ data }) => data.type);
}

async function answer(token: string | undefined, person?: typeof bob) {
  const [{ data }] = pushesTo(functions, token!) as [any];
  const who = person ?? { uid: "alice", email: "alice@example.com" };
  const deviceId = person === undefined ? "a" : "b";
  const report = { callId: data.callId, deviceId, event: "answered" };
  return (await functions.call("reportCall", who, report)).body.result;
}

const silent: string[] = [];
const ringing = ["incoming_call"];
const stopped = ["incoming_call", "call_ended"];

describe("an end that comes while FCM refuses the push for now", () => {
  it("stops the retry", async () => {
    functions.fcm.addFault({ match: { token: a! }, status: 503 });
    const announced = announce("101", "r1");
    await until(async () => (await functions.services.db.collection("rings").get()).size === 1);
    await end({ ring_id: "r1", reason: "cancelled" });
    assert.equal(await announced, "ENDED");
    assert.deepEqual(typesTo(a), silent);
  });
});

describe("an end that comes before its ring", () => {
  it("for one exten, while another of the call rings, applies to that exten", async () => {
    assert.equal(await announce("102"), "NOTIFIED 1");
    await end({ exten: "101" });
    assert.equal(await announce("101"), "ENDED");
    assert.deepEqual([typesTo(a), typesTo(b)], [silent, ringing]);
  });

  it("for one exten leaves the others of the call alone", async () => {
    await end({ exten: "101" });
    assert.equal(await announce("102"), "NOTIFIED 1");
    assert.deepEqual(typesTo(b), ringing);
  });

  it("by ring_id, with and without exten, applies for good, and to that ring_id alone", async () => {
    await end({ ring_id: "r1" });
    await end({ ring_id: "r2", exten: "102" });
    assert.equal(await announce("101", "r1"), "ENDED");
    assert.equal(await announce("102", "r1"), "ENDED");
    assert.equal(await announce("102", "r2"), "ENDED");
    assert.deepEqual([typesTo(a), typesTo(b)], [silent, silent]);
    assert.equal(await announce("101", "r2"), "NOTIFIED 1");
    assert.equal(await announce("102", "r3"), "NOTIFIED 1");
  });

  it("is in the history of the ring's owner", async () => {
    await end({ ring_id: "r1", reason: "busy" });
    await announce("101", "r1");
    const { docs } = await functions.services.db.collection("rings").where("uid", "==", "alice").get();
    assert.deepEqual(
      docs.map((doc) => [doc.get("status"), doc.get("endReason"), doc.get("callerId")]),
      [["ended", "busy", "010"]],
    );
  });
});

describe("the end of one exten", () => {
  it("closes no other, rung or not", async () => {
    await announce("101");
    assert.equal(await end({ exten: "101" }), "ENDED 1");
    assert.equal(await announce("102"), "NOTIFIED 1");
    assert.deepEqual([typesTo(a), typesTo(b)], [stopped, ringing]);
  });
});

describe("the end of a ring_id", () => {
  it("ends the rings of that ring_id, of every exten, with one request", async () => {
    await announce("101", "r1");
    await announce("102", "r1");
    assert.equal(await end({ ring_id: "r1" }), "ENDED 2");
    assert.deepEqual([typesTo(a), typesTo(b)], [stopped, stopped]);
  });

  it("leaves the rings of other ring_ids, and of other extens when it names one", async () => {
    await announce("101", "r1");
    await announce("102", "r1");
    await announce("102", "r2");
    assert.equal(await end({ ring_id: "r1", exten: "101" }), "ENDED 1");
    assert.deepEqual([typesTo(a), typesTo(b)], [stopped, ["incoming_call", "incoming_call"]]);
    assert.equal(await end({ ring_id: "r2" }), "ENDED 1");
  });
});

describe("an answer", () => {
  it("silences the existing rings of its call, and no later ones: the caller is transferred", async () => {
    await announce("101", "r1");
    await announce("102", "r1");
    assert.equal((await answer(a)).status, "answered");
    assert.deepEqual([typesTo(a), typesTo(b)], [ringing, stopped]);
    assert.equal(await announce("102", "r2"), "NOTIFIED 1");
    assert.deepEqual(typesTo(b), [...stopped, "incoming_call"]);
  });

  it("can be an end without names and with the reason answered_elsewhere", async () => {
    await announce("101");
    assert.equal(await end({ reason: "answered_elsewhere" }), "ENDED 1");
    assert.equal(await announce("102"), "NOTIFIED 1");
    assert.deepEqual([typesTo(a), typesTo(b)], [stopped, ringing]);
  });

  it("closes no exten: a silenced exten rings again, also without a ring_id", async () => {
    await announce("101");
    await announce("102");
    await answer(a);
    assert.deepEqual(typesTo(b), stopped);
    assert.equal(await announce("102"), "NOTIFIED 1");
    assert.deepEqual(typesTo(b), [...stopped, "incoming_call"]);
  });

  it("that is reported again silences no later ring", async () => {
    await announce("101", "r1");
    await answer(a);
    assert.equal(await announce("102", "r2"), "NOTIFIED 1");
    assert.equal((await answer(a)).status, "answered");
    assert.deepEqual(typesTo(b), ringing);
  });

  it("takes the ring back when it comes from the phone that the PBX meant", async () => {
    await announce("101", "r1");
    await announce("102", "r1");
    await end({ reason: "answered_elsewhere" });
    const { status, reason } = await answer(a);
    assert.deepEqual([status, reason], ["answered", undefined]);
    const { body } = await functions.pbx("GET", `/calls/${call_id}?ring_id=r1`);
    assert.equal(body.status, "answered");
  });

  for (const [by, first] of [
    ["a colleague's phone", async () => answer(b, bob)],
    ["the PBX", async () => end({ reason: "answered_elsewhere" })],
  ] as const) {
    it(`that comes late silences no ring that came after the answer of ${by}: the call was transferred`, async () => {
      await announce("101", "r1");
      await announce("102", "r1");
      await first();
      await announce("102", "r2");
      await answer(a);
      assert.deepEqual(typesTo(b).at(-1), "incoming_call");
      assert.equal((await functions.pbx("GET", `/calls/${call_id}?ring_id=r2`)).body.status, "notified");
    });
  }

  it("of the phone that the PBX meant takes no ring back that was ended by its ring_id since", async () => {
    await announce("101", "r1");
    await end({ reason: "answered_elsewhere" });
    await end({ ring_id: "r1", reason: "cancelled" });
    const { status, reason } = await answer(a);
    assert.deepEqual([status, reason], ["ended", "answered_elsewhere"]);
    await announce("102", "r2");
    assert.deepEqual([typesTo(a), typesTo(b)], [stopped, ringing]);
  });
});

describe("a new ring of the same exten", () => {
  it("rings after the earlier one has ended", async () => {
    await announce("101", "r1");
    await end({ ring_id: "r1" });
    assert.equal(await announce("101", "r2"), "NOTIFIED 1");
    assert.deepEqual(typesTo(a), [...stopped, "incoming_call"]);
    const [first, , second] = pushesTo(functions, a!);
    assert.notEqual(first.data.callId, second.data.callId);
    assert.deepEqual([first.data.pbxRingId, second.data.pbxRingId], ["r1", "r2"]);
  });

  it("differs from a repeat only by its ring_id", async () => {
    assert.equal(await announce("101", "r1"), "NOTIFIED 1");
    assert.equal(await announce("101", "r1"), "NOTIFIED 1");
    assert.deepEqual(typesTo(a), ringing);
    await end({ ring_id: "r1" });
    assert.equal(await announce("101", "r1"), "NOTIFIED 1");
    assert.deepEqual(typesTo(a), stopped);
  });

  it("without a ring_id is a repeat while one of the exten lives, and for ten seconds after its end", async () => {
    assert.equal(await announce("101", "r1"), "NOTIFIED 1");
    assert.equal(await announce("101"), "NOTIFIED 1");
    assert.deepEqual(typesTo(a), ringing);
    await end({ ring_id: "r1" });
    assert.equal(await announce("101"), "ENDED");
    assert.deepEqual(typesTo(a), stopped);
  });

  it("without a ring_id is a repeat of a living one, even when another has just ended", async () => {
    await announce("101", "r1");
    await announce("101", "r2");
    await end({ ring_id: "r2" });
    assert.equal(await announce("101"), "NOTIFIED 1");
    assert.deepEqual(typesTo(a), ["incoming_call", "incoming_call", "call_ended"]);
  });

  it("without a ring_id is new once the exten has answered, however short the conversation was", async () => {
    await announce("101");
    await answer(a);
    await end({ exten: "101", reason: "answered" });
    assert.equal(await announce("101"), "NOTIFIED 1");
  });

  it("gives its ring_id to one without: two programs announce one call", async () => {
    assert.equal(await announce("101"), "NOTIFIED 1");
    assert.equal(await announce("101", "r1"), "NOTIFIED 1");
    assert.deepEqual(typesTo(a), ringing);
    assert.equal(await announce("101", "r1"), "NOTIFIED 1");
    assert.equal(await announce("101", "r2"), "NOTIFIED 1");
    assert.deepEqual(typesTo(a), ["incoming_call", "incoming_call"]);
    assert.equal(await end({ ring_id: "r1" }), "ENDED 1");
  });
});
