import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { Batcher } from "../../../functions/src/batcher.ts";
import { reportCall, type Report } from "../../../functions/src/rings/report-call.ts";
import type { Services } from "../../../functions/src/services.ts";
import { anotherInstance, changeDatabase, override, watchUpdates } from "../../support/failing-services.ts";
import { alice, bob, requestPbx, startFunctions } from "../../support/functions.ts";
import { addPhone, pushesTo, resetState } from "../../support/line.ts";
import { until } from "../../support/until.ts";

const functions = await startFunctions();
after(() => functions.close());

const call_id = "1763712000.17";
const { services } = functions;

beforeEach(async () => {
  await resetState(functions);
  await functions.pbx("PUT", "/lines/101", { uid: "alice" });
});

function typesTo(token: string): string[] {
  return pushesTo(functions, token).map(({ data }) => data.type);
}

/** Serves an instance that calls `commit` for each of its updates, numbered from 1, to make it. */
async function serveWith(commit: (nth: number, make: () => Promise<unknown>) => Promise<unknown>) {
  let updates = 0;
  const batch = () => watchUpdates(services.db.batch(), (make) => commit((updates += 1), make));
  return functions.servePbx({ ...changeDatabase(services, { batch }), batcher: new Batcher(), unrecorded: new Map() });
}

describe("two requests that take a ring over at once", () => {
  it("leave it its own exten and ring_id when one of them joins it to another", { timeout: 60_000 }, async () => {
    // No phone rings yet: 101's push fails, and 102 has no owner.
    await functions.pbx("PUT", "/lines/104", { uid: "alice" });
    const token = await addPhone(functions, "a");
    functions.fcm.addFault({ match: { token }, error_code: "UNAVAILABLE", times: 2 });
    const first = { call_id, exten: "101", ring_id: "r1", ring_seconds: 60 };
    const second = { call_id, exten: "102", ring_id: "r2", ring_seconds: 60 };
    await functions.pbx("POST", "/calls", first);
    await functions.pbx("POST", "/calls", second);
    await functions.pbx("PUT", "/lines/102", { uid: "alice" });
    const [hasRead, hasJoined, hasTaken] = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
    const quick = await serveWith(async (nth, make) => {
      if (nth === 1) await hasRead!.promise;
      // The other takes the ring over as well, or waits for this request's answer.
      if (nth === 3) await Promise.race([hasTaken!.promise, until(() => functions.listeners() > 0)]);
      try {
        return await make();
      } finally {
        if (nth === 2) hasJoined!.resolve();
      }
    });
    const slow = await serveWith(async (nth, make) => {
      if (nth === 1) {
        hasRead!.resolve();
        await hasJoined!.promise;
      }
      try {
        return await make();
      } finally {
        if (nth === 2) hasTaken!.resolve();
      }
    });
    const repeats = [quick, slow].map(async (url) => requestPbx(url, "POST", "/calls", second));
    for (const { status, text } of await Promise.all(repeats)) assert.equal(status, 200, text);
    const { docs } = await services.db.collection("rings").get();
    const named = docs.map((doc) => `${doc.get("exten")} ${doc.get("pbxRingId")}`);
    assert.deepEqual(named.toSorted(), ["101 r1", "102 r2"]);
    assert.deepEqual(typesTo(token), ["incoming_call"]);
  });
});

describe("a ring without a ring_id that is ended while an announcement gives it one", () => {
  it("stays without, and the announcement rings", async () => {
    const token = await addPhone(functions, "a");
    await functions.pbx("POST", "/calls", { call_id, exten: "101" });
    const slow = await serveWith(async (nth, make) => {
      if (nth === 1) await functions.pbx("POST", `/calls/${call_id}/end`, { exten: "101" });
      return make();
    });
    const answer = await requestPbx(slow, "POST", "/calls", { call_id, exten: "101", ring_id: "r1" });
    assert.equal(answer.body.accepted, 1);
    const { docs } = await services.db.collection("rings").get();
    const standing = docs.map((doc) => `${doc.get("pbxRingId") ?? "nameless"} ${doc.get("status")}`);
    assert.deepEqual(standing.toSorted(), ["nameless ended", "r1 notified"]);
    assert.deepEqual(typesTo(token), ["incoming_call", "call_ended", "incoming_call"]);
  });
});

describe("the end of an exten whose ring is removed before the end can change it", () => {
  it("is remembered", async () => {
    await addPhone(functions, "a");
    const [hasRead, isRemoved] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const collection = (path: string) => {
      if (path !== "devices") return services.db.collection(path);
      const get = async () => {
        await hasRead.promise;
        throw Object.assign(new Error("UNAVAILABLE"), { code: 14 });
      };
      return { where: () => ({ get }) };
    };
    const failing = await functions.servePbx({ ...changeDatabase(services, { collection }), batcher: new Batcher() });
    const slow = await serveWith(async (_, make) => {
      hasRead.resolve();
      await isRemoved.promise;
      return make();
    });
    const ring = { call_id, exten: "101", ring_id: "r1" };
    const announced = requestPbx(failing, "POST", "/calls", ring);
    while ((await services.db.collection("rings").get()).empty) await new Promise(setImmediate);
    const ended = requestPbx(slow, "POST", `/calls/${call_id}/end`, { exten: "101" });
    assert.equal((await announced).status, 503);
    isRemoved.resolve();
    await ended;
    assert.equal((await functions.pbx("POST", "/calls", ring)).body.status, "ended");
  });
});

describe("the end of an exten while an announcement repeats the exten's ring, which has just ended", () => {
  it("is remembered", async () => {
    await addPhone(functions, "a");
    const ring = { call_id, exten: "101" };
    await functions.pbx("POST", "/calls", { ...ring, ring_id: "r1" });
    await functions.pbx("POST", `/calls/${call_id}/end`, { exten: "101" });
    const [hasCreated, mayGoOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const db = changeDatabase(services, {
      collection: (path: string) => {
        const rings = services.db.collection(path);
        if (path !== "rings") return rings;
        return override(rings, {
          where: (...args: Parameters<typeof rings.where>) => {
            hasCreated.resolve();
            const query = rings.where(...args);
            return override(query, { get: async () => mayGoOn.promise.then(() => query.get()) });
          },
        });
      },
    });
    const slow = await functions.servePbx({ ...db, batcher: new Batcher() });
    const repeated = requestPbx(slow, "POST", "/calls", ring);
    await hasCreated.promise;
    await functions.pbx("POST", `/calls/${call_id}/end`, { exten: "101" });
    mayGoOn.resolve();
    assert.equal((await repeated).body.status, "ended");
    assert.equal((await functions.pbx("POST", "/calls", { ...ring, ring_id: "r2" })).body.status, "ended");
  });
});

describe("a ring that is announced after an answer, before the answer has silenced the others", () => {
  const answers = {
    "a phone's": { silencing: 2, send: async (slow: Services, report: Report) => reportCall(slow, report) },
    "the PBX's": {
      silencing: 1,
      send: async (slow: Services) =>
        requestPbx(await functions.servePbx(slow), "POST", `/calls/${call_id}/end`, { reason: "answered_elsewhere" }),
    },
  };

  for (const [whose, { silencing, send }] of Object.entries(answers)) {
    it(`rings on when a phone that ${whose} answer silenced says late that it has answered`, async () => {
      await functions.pbx("PUT", "/lines/102", { uid: "bob" });
      const [token, other] = [await addPhone(functions, "a"), await addPhone(functions, "b", bob)];
      const callIdOf = (one: string) => pushesTo(functions, one)[0].data.callId;
      if (whose === "a phone's") await functions.pbx("POST", "/calls", { call_id, exten: "101", ring_id: "r1" });
      await functions.pbx("POST", "/calls", { call_id, exten: "102", ring_id: "r2" });
      const before = typesTo(token);
      const [isSilencing, mayGoOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      let updates = 0;
      const batch = () =>
        watchUpdates(services.db.batch(), async (make) => {
          if ((updates += 1) === silencing) {
            isSilencing.resolve();
            await mayGoOn.promise;
          }
          return make();
        });
      const slow = { ...changeDatabase(services, { batch }), batcher: new Batcher() };
      const answered = send(slow, {
        uid: "alice",
        deviceId: "a",
        event: "answered",
        callId: callIdOf(before.length > 0 ? token : other),
      });
      await isSilencing.promise;
      const { body } = await functions.pbx("POST", "/calls", { call_id, exten: "101", ring_id: "r3" });
      assert.equal(body.status, "notified");
      mayGoOn.resolve();
      await answered;
      const late = { callId: callIdOf(other), deviceId: "b", event: "answered" };
      assert.equal((await functions.call("reportCall", bob, late)).body.result.status, "answered");
      assert.deepEqual(typesTo(token), [...before, "incoming_call"]);
    });
  }
});

describe("a request that dies after its push, before it recorded that", () => {
  it("lets the end tell the phone, and the exten's next owner nothing", { timeout: 60_000 }, async () => {
    const other = await addPhone(functions, "b", bob);
    const later = anotherInstance(functions, 9000);
    after(() => later.fcm.close());
    const url = await functions.servePbx(later);
    for (const [ring_id, isMoved] of [
      ["r1", false],
      ["r2", true],
    ] as const) {
      const token = await addPhone(functions, "a", alice);
      const dying = await serveWith(async () => new Promise(() => undefined));
      void requestPbx(dying, "POST", "/calls", { call_id, exten: "101", ring_id }).catch(() => undefined);
      await until(() => typesTo(token).length === 1);
      if (isMoved) await functions.pbx("PUT", "/lines/101", { uid: "bob" });
      const ended = await requestPbx(url, "POST", `/calls/${call_id}/end`, { ring_id });
      assert.equal(ended.status, 200, ended.text);
      assert.deepEqual(typesTo(token), isMoved ? ["incoming_call"] : ["incoming_call", "call_ended"]);
    }
    assert.deepEqual(typesTo(other), []);
  });

  it("lets the end tell the phone of a joined ring, when the first ring's exten has a new owner", async () => {
    await functions.pbx("PUT", "/lines/102", { uid: "alice" });
    await addPhone(functions, "b", bob);
    assert.equal((await functions.pbx("POST", "/calls", { call_id, exten: "101", ring_id: "r1" })).status, 404);
    const token = await addPhone(functions, "a");
    // The first two updates join the rings and take them over; the third would record the push.
    const dying = await serveWith(async (nth, make) => (nth <= 2 ? make() : new Promise(() => undefined)));
    void requestPbx(dying, "POST", "/calls", { call_id, exten: "102", ring_id: "r2" }).catch(() => undefined);
    await until(() => typesTo(token).length === 1);
    await functions.pbx("PUT", "/lines/101", { uid: "bob" });
    const later = anotherInstance(functions, 9000);
    after(() => later.fcm.close());
    const ended = await requestPbx(await functions.servePbx(later), "POST", `/calls/${call_id}/end`, {});
    assert.equal(ended.status, 200, ended.text);
    assert.deepEqual(typesTo(token), ["incoming_call", "call_ended"]);
  });
});
