import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { Batcher } from "../../../functions/src/batcher.ts";
import { reportCall } from "../../../functions/src/rings/report-call.ts";
import type { Services } from "../../../functions/src/services.ts";
import {
  anotherInstance,
  changeDatabase,
  override,
  watchUpdates,
  withFailing,
} from "../../support/failing-services.ts";
import { alice, bob, requestPbx, startFunctions } from "../../support/functions.ts";
import { addPhone, pushesTo, resetState } from "../../support/line.ts";
import { until } from "../../support/until.ts";

const functions = await startFunctions();
after(() => functions.close());

const call_id = "1763712000.17";
const { services } = functions;
const first = { call_id, exten: "101", ring_id: "r1" };
const second = { call_id, exten: "102", ring_id: "r2" };
const rung = ["incoming_call", "call_ended"];

beforeEach(async () => {
  await resetState(functions);
  await functions.pbx("PUT", "/lines/101", { uid: "alice" });
  await functions.pbx("PUT", "/lines/102", { uid: "bob" });
});

function typesTo(token: string): string[] {
  return pushesTo(functions, token).map(({ data }) => data.type);
}

/** Announces on an instance that dies at its n-th update, when it has pushed. */
async function dieAfterPush(token: string, body: object, nth = 1): Promise<void> {
  let updates = 0;
  const batch = () =>
    watchUpdates(services.db.batch(), (make) => ((updates += 1) < nth ? make() : new Promise(() => undefined)));
  const dying = { ...changeDatabase(services, { batch }), batcher: new Batcher(), unrecorded: new Map() };
  void requestPbx(await functions.servePbx(dying), "POST", "/calls", body).catch(() => undefined);
  await until(() => typesTo(token).length > 0);
}

/** Another instance, at a time when the claim of the one that died has expired. */
function openLater(): Services {
  const later = anotherInstance(functions, 9000);
  after(() => later.fcm.close());
  return later;
}

async function endLater(body: object) {
  return requestPbx(await functions.servePbx(openLater()), "POST", `/calls/${call_id}/end`, body);
}

/** Another instance, later, that cannot read devices until it recovers. */
async function serveWithoutDevices() {
  const later = openLater();
  let isDown = true;
  const collection = (path: string) => {
    const documents = later.db.collection(path);
    const fail = () => Promise.reject(Object.assign(new Error("14 UNAVAILABLE"), { code: 14 }));
    return path === "devices" && isDown ? override(documents, { where: () => ({ get: fail }) }) : documents;
  };
  const url = await functions.servePbx(changeDatabase(later, { collection }));
  return { url, recover: () => (isDown = false) };
}

function callIdOf(token: string): string {
  return pushesTo(functions, token)[0].data.callId;
}

async function answer(token: string, deviceId: string): Promise<void> {
  const report = { callId: callIdOf(token), deviceId, event: "answered" };
  assert.equal((await functions.call("reportCall", alice, report)).status, 200);
}

describe("a push that no request recorded", () => {
  for (const named of [{ ring_id: "r1" }, { exten: "101" }, {}]) {
    const name = JSON.stringify(named);

    it(`is found by the repeat of an end that could not look up the phones: ${name}`, async () => {
      const token = await addPhone(functions, "a");
      await dieAfterPush(token, first);
      const { url, recover } = await serveWithoutDevices();
      const end = async () => requestPbx(url, "POST", `/calls/${call_id}/end`, named);
      assert.equal((await end()).status, 503);
      recover();
      assert.equal((await end()).body.notified, 1);
      assert.equal((await end()).body.notified, 0);
      assert.deepEqual(typesTo(token), rung);
    });

    it(`is found when an earlier push of the ring had failed: ${name}`, async () => {
      const token = await addPhone(functions, "a");
      functions.fcm.addFault({ match: { token }, error_code: "UNAVAILABLE", times: 2 });
      assert.equal((await functions.pbx("POST", "/calls", first)).status, 502);
      await dieAfterPush(token, first, 2);
      assert.equal((await endLater(named)).body.notified, 1);
      assert.deepEqual(typesTo(token), rung);
    });
  }

  for (const named of [{ reason: "answered_elsewhere" }, { reason: "answered" }, { exten: "102" }, { ring_id: "r2" }]) {
    it(`is found when another exten's phone has answered: ${JSON.stringify(named)}`, async () => {
      const [one, two] = [await addPhone(functions, "a"), await addPhone(functions, "b", bob)];
      await functions.pbx("POST", "/calls", first);
      await dieAfterPush(two, second);
      await answer(one, "a");
      await endLater(named);
      assert.deepEqual(typesTo(two), rung);
    });
  }

  for (const [name, tell] of [
    ["by the PBX's answer", async () => endLater({ reason: "answered_elsewhere" })],
    ["by the end of the call", async () => endLater({ reason: "answered" })],
    [
      "by the repeat of the report",
      async (token: string) =>
        reportCall(openLater(), { uid: "alice", callId: callIdOf(token), deviceId: "a", event: "answered" }),
    ],
  ] as const) {
    it(`is found when another phone of the ring has answered: ${name}`, async () => {
      const [one, two] = [await addPhone(functions, "a"), await addPhone(functions, "b")];
      await dieAfterPush(two, first);
      await until(() => typesTo(one).length > 0);
      await answer(one, "a");
      await tell(one);
      assert.deepEqual(typesTo(two), rung);
    });
  }

  for (const named of [{ ring_id: "r1" }, { exten: "101" }, {}, { reason: "answered_elsewhere" }]) {
    it(`is found when FCM refuses the push of the request that takes over: ${JSON.stringify(named)}`, async () => {
      const [one, two] = [await addPhone(functions, "a"), await addPhone(functions, "b")];
      await dieAfterPush(one, first);
      await until(() => typesTo(two).length > 0);
      functions.fcm.addFault({ match: { token: one }, error_code: "UNAVAILABLE", times: 20 });
      const again = await requestPbx(await functions.servePbx(openLater()), "POST", "/calls", first);
      assert.equal(again.body.accepted, 1);
      functions.fcm.clearFaults();
      await endLater(named);
      assert.deepEqual(typesTo(one), rung);
      assert.equal(typesTo(two).at(-1), "call_ended");
    });
  }

  it("lets its exten ring again after the end that found it was repeated", async () => {
    const token = await addPhone(functions, "a");
    await dieAfterPush(token, first);
    const { url, recover } = await serveWithoutDevices();
    const end = async () => requestPbx(url, "POST", `/calls/${call_id}/end`, { exten: "101" });
    assert.equal((await end()).status, 503);
    recover();
    assert.equal((await end()).body.notified, 1);
    assert.equal((await requestPbx(url, "POST", "/calls", { ...first, ring_id: "r9" })).body.status, "notified");
  });

  it("keeps the time at which it was accepted when its instance repeats the announcement", async () => {
    const token = await addPhone(functions, "a");
    const failing = withFailing(functions, "changes");
    const unrecorded: Services["unrecorded"] = new Map();
    const down = { ...failing, batcher: new Batcher(), unrecorded };
    assert.equal((await requestPbx(await functions.servePbx(down), "POST", "/calls", first)).status, 503);
    const acceptedBy = Date.now();
    const later = await functions.servePbx({ ...openLater(), unrecorded });
    const before = functions.logged.length;
    assert.equal((await requestPbx(later, "POST", "/calls", first)).body.accepted, 1);
    const { docs } = await services.db.collection("rings").get();
    assert.ok(docs[0]!.get("phones.a.acceptedAt").toMillis() <= acceptedBy);
    assert.deepEqual(typesTo(token), ["incoming_call"]);
    const woken = functions.logged.slice(before).find((line) => line.includes('"call_woken"'));
    assert.equal(JSON.parse(woken ?? "{}").webhookToAcceptedMs, undefined);
  });

  it("is not looked for at the line's next owner when the announcement is repeated", async () => {
    const [token, other] = [await addPhone(functions, "a"), await addPhone(functions, "b", bob)];
    await dieAfterPush(token, first);
    await functions.pbx("PUT", "/lines/101", { uid: "bob" });
    const { docs } = await services.db.collection("rings").get();
    await docs[0]!.ref.update({ endedAt: new Date(), endReason: "cancelled" });
    const again = await requestPbx(await functions.servePbx(openLater()), "POST", "/calls", first);
    assert.equal(again.body.status, "ended");
    assert.deepEqual(typesTo(other), []);
  });

  it("is not looked for at the phone that answered, whatever its id is by now", async () => {
    const token = await addPhone(functions, "a");
    await dieAfterPush(token, first);
    await answer(token, "a");
    const registration = { kind: "token", value: token };
    await functions.call("registerDevice", alice, { deviceId: "a2", platform: "android", registration });
    await endLater({ reason: "answered_elsewhere" });
    assert.deepEqual(typesTo(token), ["incoming_call"]);
  });

  it("is found by the request that takes over and meets the end", async () => {
    const token = await addPhone(functions, "a");
    const nameless = { call_id, exten: "101" };
    await dieAfterPush(token, nameless);
    const later = openLater();
    let queries = 0;
    const [isReading, mayRead] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const collection = (path: string) => {
      const rings = later.db.collection(path);
      if (path !== "rings") return rings;
      const where = (...args: Parameters<typeof rings.where>) => {
        const query = rings.where(...args);
        // The query by call and exten comes first, before this request takes over.
        const isOfCall = (queries += 1) > 1;
        if (isOfCall) isReading.resolve();
        return isOfCall ? override(query, { get: async () => mayRead.promise.then(() => query.get()) }) : query;
      };
      return override(rings, { where });
    };
    const slow = await functions.servePbx({ ...changeDatabase(later, { collection }), batcher: new Batcher() });
    const repeated = requestPbx(slow, "POST", "/calls", nameless);
    await isReading.promise;
    const { docs } = await services.db.collection("rings").get();
    await docs[0]!.ref.update({ endedAt: new Date(), endReason: "cancelled" });
    mayRead.resolve();
    assert.equal((await repeated).body.status, "ended");
    assert.deepEqual(typesTo(token), rung);
  });
});

describe("a push of a joined ring's first ring that no request recorded", () => {
  const fourth = { call_id, exten: "104", ring_id: "r4" };

  it("is found when the joined ring's exten is newer, takes over, and FCM refuses its push", async () => {
    const token = await addPhone(functions, "a");
    await dieAfterPush(token, first);
    await functions.pbx("PUT", "/lines/104", { uid: "alice" });
    functions.fcm.addFault({ match: { token }, error_code: "UNAVAILABLE", times: 2 });
    const url = await functions.servePbx(openLater());
    assert.equal((await requestPbx(url, "POST", "/calls", fourth)).body.error.code, "push_failed");
    functions.fcm.clearFaults();
    assert.equal((await endLater({})).body.notified, 1);
    assert.deepEqual(typesTo(token), rung);
  });

  it(
    "is found when the joined ring's exten has another owner by now, and takes over",
    { timeout: 60_000 },
    async () => {
      await functions.pbx("PUT", "/lines/104", { uid: "alice" });
      const [token, others] = [await addPhone(functions, "a"), await addPhone(functions, "b", bob)];
      await dieAfterPush(token, first);
      const joining = functions.pbx("POST", "/calls", fourth);
      const ofFourth = services.db.collection("rings").where("exten", "==", "104");
      await until(async () => (await ofFourth.get()).docs[0]?.get("joined") !== undefined);
      await functions.pbx("PUT", "/lines/104", { uid: "bob" });
      const url = await functions.servePbx(openLater());
      assert.equal((await requestPbx(url, "POST", "/calls", fourth)).body.status, "notified");
      assert.equal((await joining).body.status, "notified");
      await endLater({});
      assert.deepEqual([typesTo(token).at(-1), typesTo(others)], ["call_ended", []]);
    },
  );
});

describe("a phone whose former id is another phone's by now", () => {
  it("is told when its push was not recorded", { timeout: 60_000 }, async () => {
    const [moved, next] = Array.from({ length: 2 }, () => functions.fcm.createRegistration().token) as [string, string];
    for (const [deviceId, value] of [
      ["a", moved],
      ["b", moved],
      ["a", next],
    ] as const) {
      const input = { deviceId, platform: "android", registration: { kind: "token", value } };
      assert.equal((await functions.call("registerDevice", alice, input)).status, 200);
    }
    functions.fcm.addFault({ match: { token: moved }, delay_ms: 1500, times: 1 });
    await dieAfterPush(next, first, 2);
    // The other phone's push is recorded first, because FCM is slow for this one.
    const ofFirst = services.db.collection("rings").where("exten", "==", "101");
    await until(async () => (await ofFirst.get()).docs[0]?.get("phones.a") !== undefined);
    await until(() => typesTo(moved).length > 0);
    await endLater({ ring_id: "r1" });
    assert.deepEqual([typesTo(moved), typesTo(next)], [rung, rung]);
  });
});

describe("a phone that reports before its push is recorded", () => {
  it("counts as reached, whatever it reports", async () => {
    const token = await addPhone(functions, "a");
    for (const event of ["received", "declined", "ended"]) {
      functions.fcm.clearMessages();
      const ring = { ...first, ring_id: event };
      await dieAfterPush(token, ring);
      await functions.call("reportCall", alice, { callId: callIdOf(token), deviceId: "a", event });
      const url = await functions.servePbx(openLater());
      assert.equal((await requestPbx(url, "POST", "/calls", ring)).body.status, "notified", event);
      assert.deepEqual(typesTo(token), ["incoming_call"], event);
    }
  });
});

describe("a push for which FCM gave no answer", () => {
  for (const [name, lost, error_code] of [
    ["every try lost its connection", 20, "UNAVAILABLE"],
    ["the first try lost its connection, the next was unavailable", 1, "UNAVAILABLE"],
    ["the first try lost its connection, the next was refused", 1, "SENDER_ID_MISMATCH"],
  ] as const) {
    it(`is followed by an end push: ${name}`, async () => {
      const token = await addPhone(functions, "a");
      functions.fcm.addFault({ match: { token }, status: 200, drop: true, times: lost });
      functions.fcm.addFault({ match: { token }, error_code, times: 20 });
      assert.equal((await functions.pbx("POST", "/calls", first)).status, 502);
      assert.ok(typesTo(token).length > 0);
      functions.fcm.clearFaults();
      assert.equal((await functions.pbx("POST", `/calls/${call_id}/end`, { ring_id: "r1" })).body.notified, 1);
      assert.equal(typesTo(token).at(-1), "call_ended");
    });
  }

  it("is followed by none when FCM refused every try", async () => {
    const token = await addPhone(functions, "a");
    functions.fcm.addFault({ match: { token }, error_code: "UNAVAILABLE", times: 20 });
    assert.equal((await functions.pbx("POST", "/calls", first)).status, 502);
    functions.fcm.clearFaults();
    assert.equal((await functions.pbx("POST", `/calls/${call_id}/end`, { ring_id: "r1" })).body.notified, 0);
    assert.deepEqual(typesTo(token), []);
  });
});
