import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { Batcher } from "../../../functions/src/batcher.ts";
import { anotherInstance, changeDatabase, override, watchUpdates } from "../../support/failing-services.ts";
import { alice, bob, requestPbx, startFunctions } from "../../support/functions.ts";
import { addPhone, pushesTo, resetState } from "../../support/line.ts";
import { until } from "../../support/until.ts";

const functions = await startFunctions();
after(() => functions.close());

const call_id = "1763712000.17";
const { services } = functions;
const answer = { reason: "answered_elsewhere" };
const unavailable = async () => Promise.reject(Object.assign(new Error("14 UNAVAILABLE"), { code: 14 }));
const never = async () => new Promise<never>(() => undefined);

beforeEach(async () => {
  await resetState(functions);
  await functions.pbx("PUT", "/lines/101", { uid: "alice" });
  await functions.pbx("PUT", "/lines/102", { uid: "bob" });
});

function typesTo(token: string): string[] {
  return pushesTo(functions, token).map(({ data }) => data.type);
}

async function findRing(exten: string) {
  const { docs } = await services.db.collection("rings").where("exten", "==", exten).get();
  return docs[0]!;
}

/** Reports that Alice's phone has answered. */
async function reportAnswered(token: string) {
  const { callId } = pushesTo(functions, token)[0].data;
  return (await functions.call("reportCall", alice, { callId, deviceId: "a", event: "answered" })).status;
}

/** An instance that first does `before`, with the ids of the rings, when it commits updates of rings. */
async function serveWithCommits(before: (ids: readonly string[]) => Promise<unknown>): Promise<string> {
  const batch = () => {
    const real = services.db.batch();
    const ids: string[] = [];
    const watched: typeof real = override(real, {
      update: (...args: [any, any, any]) => {
        ids.push(args[0].id);
        real.update(...args);
        return watched;
      },
      commit: async () => before(ids).then(() => real.commit()),
    });
    return watched;
  };
  return functions.servePbx({ ...changeDatabase(services, { batch }), batcher: new Batcher() });
}

/** An instance whose updates of 102's ring end as `commit` does. */
async function serveWithout102(commit: () => Promise<never>): Promise<string> {
  const { id } = await findRing("102");
  return serveWithCommits(async (ids) => (ids.includes(id) ? commit() : undefined));
}

/** An instance that reads the rings of the call only when it may: the n-th query of rings and later ones. */
async function serveSlowReader(on: typeof services, nth: number) {
  const [reading, allowed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let queries = 0;
  const collection = (path: string) => {
    const documents = on.db.collection(path);
    if (path !== "rings") return documents;
    const where = (...args: Parameters<typeof documents.where>) => {
      const query = documents.where(...args);
      if ((queries += 1) < nth) return query;
      reading.resolve();
      return override(query, { get: async () => allowed.promise.then(() => query.get()) });
    };
    return override(documents, { where });
  };
  const url = await functions.servePbx({ ...changeDatabase(on, { collection }), batcher: new Batcher() });
  return { url, isReading: reading.promise, allow: () => allowed.resolve() };
}

describe("an answer by the PBX that silenced only the older of two rings", () => {
  for (const [how, commit] of [
    ["its request died", never],
    ["Firestore failed", unavailable],
  ] as const) {
    it(`is completed by the report of the phone that answered: ${how}`, async () => {
      const [one, two] = [await addPhone(functions, "a"), await addPhone(functions, "b", bob)];
      await functions.pbx("POST", "/calls", { call_id, exten: "101", ring_id: "r1" });
      await functions.pbx("POST", "/calls", { call_id, exten: "102", ring_id: "r2" });
      const url = await serveWithout102(commit);
      const ending = requestPbx(url, "POST", `/calls/${call_id}/end`, answer).catch(() => undefined);
      await until(() => typesTo(one).length > 1);
      if (commit === unavailable) assert.equal((await ending)?.status, 503);
      assert.equal(await reportAnswered(one), 200);
      assert.deepEqual(typesTo(two), ["incoming_call", "call_ended"]);
    });
  }

  it("silences the newer ring before its push", async () => {
    const [, two] = [await addPhone(functions, "a"), await addPhone(functions, "b", bob)];
    await functions.pbx("POST", "/calls", { call_id, exten: "101", ring_id: "r1" });
    const slow = await serveSlowReader(services, 1);
    const announced = requestPbx(slow.url, "POST", "/calls", { call_id, exten: "102" });
    await slow.isReading;
    const failing = await serveWithout102(unavailable);
    assert.equal((await requestPbx(failing, "POST", `/calls/${call_id}/end`, answer)).status, 503);
    slow.allow();
    assert.deepEqual([(await announced).body.status, typesTo(two)], ["ended", []]);
  });
});

describe("an answer that the PBX has told by the end of its ring, and that its phone reports after the next ring began,", () => {
  for (const end of [{ dialstatus: "ANSWER" }, answer]) {
    it(`leaves the next ring alone: ${JSON.stringify(end)}`, async () => {
      const [one, two] = [await addPhone(functions, "a"), await addPhone(functions, "b", bob)];
      await functions.pbx("POST", "/calls", { call_id, exten: "101", ring_id: "r1" });
      await functions.pbx("POST", `/calls/${call_id}/end`, { ring_id: "r1", ...end });
      await functions.pbx("POST", "/calls", { call_id, exten: "102", ring_id: "r2" });
      assert.equal(await reportAnswered(one), 200);
      assert.deepEqual(typesTo(two), ["incoming_call"]);
      const { body } = await functions.pbx("GET", `/calls/${call_id}?ring_id=r2`);
      assert.equal(body.status, "notified");
    });
  }
});

it("an answer by the PBX leaves the ring alone that took the place of one that it saw", async () => {
  const token = await addPhone(functions, "a");
  await functions.pbx("POST", "/calls", { call_id, exten: "101", ring_id: "r1" });
  const { id: named } = await findRing("101");
  const slow = await serveSlowReader(services, 1);
  const repeat = requestPbx(slow.url, "POST", "/calls", { call_id, exten: "101" });
  await slow.isReading;
  const gates = { named: Promise.withResolvers<void>(), other: Promise.withResolvers<void>() };
  const committing = { named: Promise.withResolvers<void>(), other: Promise.withResolvers<void>() };
  const url = await serveWithCommits(async (ids) => {
    const which = ids.includes(named) ? "named" : "other";
    committing[which].resolve();
    return gates[which].promise;
  });
  const ended = requestPbx(url, "POST", `/calls/${call_id}/end`, answer);
  await Promise.all([committing.named.promise, committing.other.promise]);
  slow.allow();
  // It repeats the named ring, so its own is deleted.
  assert.equal((await repeat).body.status, "notified");
  gates.named.resolve();
  await until(() => typesTo(token).length > 1);
  assert.equal((await functions.pbx("POST", "/calls", { call_id, exten: "101" })).body.status, "notified");
  gates.other.resolve();
  assert.equal((await ended).status, 200);
  assert.deepEqual(typesTo(token), ["incoming_call", "call_ended", "incoming_call"]);
});

describe("a request that takes a ring over from one that died, and meets the answer of its phone,", () => {
  for (const others of [[], ["102"]]) {
    it(`leaves the ring answered, and says that it rang; other rings: ${others.length}`, async () => {
      const [one] = [await addPhone(functions, "a"), await addPhone(functions, "b", bob)];
      for (const exten of others) await functions.pbx("POST", "/calls", { call_id, exten, ring_id: "r2" });
      const batch = () => watchUpdates(services.db.batch(), never);
      const dying = { ...changeDatabase(services, { batch }), batcher: new Batcher(), unrecorded: new Map() };
      void requestPbx(await functions.servePbx(dying), "POST", "/calls", { call_id, exten: "101" }).catch(
        () => undefined,
      );
      await until(() => typesTo(one).length > 0);
      const later = anotherInstance(functions, 9000);
      after(() => later.fcm.close());
      const slow = await serveSlowReader(later, 2);
      const repeated = requestPbx(slow.url, "POST", "/calls", { call_id, exten: "101" });
      await slow.isReading;
      assert.equal(await reportAnswered(one), 200);
      slow.allow();
      assert.equal((await repeated).body.status, "notified");
      const { status, endedAt, answer: recorded } = (await findRing("101")).data() as any;
      assert.deepEqual([status, endedAt, recorded.status], ["answered", undefined, "notified"]);
    });
  }
});
