import assert from "node:assert/strict";
import type { WriteBatch } from "firebase-admin/firestore";
import { after, beforeEach, describe, it } from "node:test";
import { createTestClock } from "../../support/clock.ts";
import { changeDatabase, anotherInstance, override, withFailing } from "../../support/failing-services.ts";
import { FieldValue } from "../../support/functions-admin-sdk.ts";
import { alice, requestPbx, startFunctions } from "../../support/functions.ts";
import { addLine, addPhone, call, callId, exten, pushesTo, ringPath, resetState } from "../../support/line.ts";

const functions = await startFunctions();
after(() => functions.close());
beforeEach(() => resetState(functions));

/** The API with a clock some time ahead. */
async function apiAfter(ms: number): Promise<string> {
  const services = anotherInstance(functions, ms);
  after(() => services.fcm.close());
  return functions.servePbx(services);
}

/** The batch's create(), with a commit of its own. */
function chain(batch: WriteBatch, commit: () => Promise<unknown>) {
  return (...args: Parameters<WriteBatch["create"]>) => override(batch.create(...args), { commit });
}

describe("a repeated announcement", () => {
  it("gets the same answer and no second push", async () => {
    const [token] = await addLine(functions, 1);
    const { elapsed_ms: _, ...first } = (await functions.pbx("POST", "/calls", call)).body;
    const { elapsed_ms: __, ...second } = (await functions.pbx("POST", "/calls", call)).body;
    assert.deepEqual(second, first);
    assert.equal(pushesTo(functions, token!).length, 1);
  });

  it("looks for phones again when there were none", async () => {
    await functions.pbx("PUT", `/lines/${exten}`, { uid: alice.uid });
    assert.equal((await functions.pbx("POST", "/calls", call)).body.error.code, "no_devices");
    await addPhone(functions, "phone-1");
    assert.equal((await functions.pbx("POST", "/calls", call)).body.accepted, 1);
  });

  it("is pushed again when FCM did not accept it", async () => {
    const [token] = await addLine(functions, 1);
    functions.fcm.addFault({ match: { token: token! }, error_code: "UNAVAILABLE", times: 2 });
    assert.equal((await functions.pbx("POST", "/calls", call)).body.error.code, "push_failed");
    assert.equal((await functions.pbx("POST", "/calls", call)).body.accepted, 1);
    assert.equal(pushesTo(functions, token!).length, 1);
  });

  it("waits for the first when that is still pushing", async () => {
    const [token] = await addLine(functions, 1);
    functions.fcm.addFault({ match: { token: token! }, status: 200, delay_ms: 300 });
    const answers = await Promise.all([1, 2, 3, 4].map(() => functions.pbx("POST", "/calls", call)));
    assert.deepEqual(
      answers.map(({ body }) => body.accepted),
      [1, 1, 1, 1],
    );
    assert.equal(pushesTo(functions, token!).length, 1);
  });

  it("takes over when the first died, without a second push to a phone whose outcome is recorded", async () => {
    const [slow, quick] = await addLine(functions, 2);
    functions.fcm.addFault({ match: { token: slow! }, status: 200, delay_ms: 1000 });
    const dying = await functions.servePbx(withFailing(functions, "secondChange"));
    assert.equal((await requestPbx(dying, "POST", "/calls", call)).status, 503);
    const answer = await requestPbx(await apiAfter(16_000), "POST", "/calls", call);
    assert.deepEqual([answer.body.devices, answer.body.accepted], [2, 2]);
    // The last phone's outcome is recorded with the answer, which was never written.
    assert.deepEqual([pushesTo(functions, quick!).length, pushesTo(functions, slow!).length], [1, 2]);
  });

  it("sends no second push to a phone that has reported, whatever the first recorded", async () => {
    const [token] = await addLine(functions, 1);
    const dying = await functions.servePbx(withFailing(functions, "changes"));
    await requestPbx(dying, "POST", "/calls", call);
    await functions.call("reportCall", alice, {
      callId,
      deviceId: "phone-1",
      event: "received",
    });
    const answer = await requestPbx(await apiAfter(16_000), "POST", "/calls", call);
    assert.equal(answer.body.accepted, 1);
    assert.equal(pushesTo(functions, token!).length, 1);
  });

  it("takes over while it waits, as soon as the first's claim has expired", async () => {
    const [token] = await addLine(functions, 1);
    const dying = await functions.servePbx(withFailing(functions, "changes"));
    await requestPbx(dying, "POST", "/calls", call);
    const clock = createTestClock(Date.now());
    const waiting = await functions.servePbx({ ...functions.services, clock, unrecorded: new Map() });
    assert.equal((await requestPbx(waiting, "POST", "/calls", call)).body.accepted, 1);
    assert.equal(pushesTo(functions, token!).length, 2);
    assert.ok(clock.sleeps.some((ms) => ms > 7500 && ms <= 8500));
  });

  it("is not pushed again by an instance that could not record its pushes", async () => {
    const [token] = await addLine(functions, 1);
    const dying = await functions.servePbx(withFailing(functions, "changes"));
    assert.equal((await requestPbx(dying, "POST", "/calls", call)).status, 503);
    const waiting = await functions.servePbx({ ...functions.services, clock: createTestClock(Date.now()) });
    assert.equal((await requestPbx(waiting, "POST", "/calls", call)).body.accepted, 1);
    assert.equal(pushesTo(functions, token!).length, 1);
  });

  it("sends nothing once the ring time of the first is over", async () => {
    const [token] = await addLine(functions, 1);
    const dying = await functions.servePbx(withFailing(functions, "changes"));
    const named = { ...call, ring_id: "r1", ring_seconds: 5 };
    await requestPbx(dying, "POST", "/calls", named);
    functions.fcm.clearMessages();
    const answer = await requestPbx(await apiAfter(16_000), "POST", "/calls", named);
    assert.equal(answer.body.status, "ended");
    assert.equal(pushesTo(functions, token!).length, 0);
  });

  it("does not wait when the first could not look up the phones", async () => {
    const [token] = await addLine(functions, 1);
    const blind = await functions.servePbx(withFailing(functions, "collection:devices"));
    assert.equal((await requestPbx(blind, "POST", "/calls", call)).status, 503);
    assert.equal((await functions.pbx("POST", "/calls", call)).body.accepted, 1);
    assert.equal(pushesTo(functions, token!).length, 1);
  });

  it("is answered try_again when others hold the call too long", async () => {
    await addLine(functions, 1);
    await functions.pbx("POST", "/calls", call);
    const claim = { by: "another", until: new Date("2100-01-01") };
    await functions.services.db.doc(ringPath).update({ claim, answer: FieldValue.delete() });
    const url = await functions.servePbx({ ...functions.services, clock: createTestClock(Date.now()) });
    const answer = await requestPbx(url, "POST", "/calls", call);
    assert.deepEqual([answer.status, answer.body.error.code], [503, "try_again"]);
  });

  it("finds the claim expired when the first recorded it too late, and the first pushes nothing", async () => {
    const [token] = await addLine(functions, 1);
    const clock = createTestClock(Date.now());
    const { services } = functions;
    const slow = changeDatabase(services, {
      batch: () => {
        const batch = services.db.batch();
        const commit = async () => {
          const written = await batch.commit();
          clock.advance(9000);
          return written;
        };
        return override(batch, { create: chain(batch, commit), commit });
      },
    });
    const late = await functions.servePbx({ ...slow, clock });
    const answer = await requestPbx(late, "POST", "/calls", call);
    assert.deepEqual([answer.status, answer.body.error.code], [503, "try_again"]);
    assert.equal(pushesTo(functions, token!).length, 0);
    assert.equal((await requestPbx(await apiAfter(10_000), "POST", "/calls", call)).body.accepted, 1);
    assert.equal(pushesTo(functions, token!).length, 1);
  });

  it("recognises its own record when the answer to its write was lost", async () => {
    const [token] = await addLine(functions, 1);
    // The SDK retries a commit without an answer, and gets the error that the document exists.
    let lost = false;
    const { services } = functions;
    const losing = changeDatabase(services, {
      batch: () => {
        const batch = services.db.batch();
        const commit = async () => {
          const written = await batch.commit();
          if (lost) return written;
          lost = true;
          throw Object.assign(new Error("6 ALREADY_EXISTS"), { code: 6 });
        };
        return override(batch, { create: chain(batch, commit), commit });
      },
    });
    const url = await functions.servePbx(losing);
    const answer = await requestPbx(url, "POST", "/calls", call);
    assert.equal(answer.body.accepted, 1, answer.text);
    assert.equal(pushesTo(functions, token!).length, 1);
  });
});

describe("a phone that two extens of one call ring", () => {
  async function addSharedPhone(): Promise<string> {
    await functions.pbx("PUT", `/lines/${exten}`, { uid: "alice" });
    await functions.pbx("PUT", "/lines/0702", { uid: "alice" });
    return addPhone(functions, "a.phone");
  }

  it("is pushed to once when the extens are announced at the same time", async () => {
    const token = await addSharedPhone();
    functions.fcm.addFault({ match: { token }, status: 200, delay_ms: 100 });
    const answers = await Promise.all(
      [exten, "0702"].map((number) => functions.pbx("POST", "/calls", { ...call, exten: number })),
    );
    assert.deepEqual(
      answers.map(({ body }) => [body.devices, body.accepted]),
      [
        [1, 1],
        [1, 1],
      ],
    );
    assert.equal(pushesTo(functions, token).length, 1);
  });

  it("is pushed to for the second when the first push failed", async () => {
    const token = await addSharedPhone();
    functions.fcm.addFault({ match: { token }, error_code: "SENDER_ID_MISMATCH" });
    assert.equal((await functions.pbx("POST", "/calls", call)).status, 502);
    const failed = (await functions.pbx("GET", `/calls/${call.call_id}`)).body;
    assert.deepEqual(failed.devices, [{ device_id: "a.phone", exten, state: "failed", error: "SENDER_ID_MISMATCH" }]);
    assert.equal(failed.status, "failed");
    assert.equal((await functions.pbx("POST", "/calls", { ...call, exten: "0702" })).body.accepted, 1);
    assert.equal(pushesTo(functions, token).length, 1);
    assert.equal((await functions.pbx("GET", `/calls/${call.call_id}`)).body.status, "notified");
  });

  it("is pushed to for the second when the first died before its push", async () => {
    const token = await addSharedPhone();
    const blind = await functions.servePbx({ ...withFailing(functions, "collection:devices", "changes") });
    await requestPbx(blind, "POST", "/calls", call);
    const url = await apiAfter(16_000);
    assert.equal((await requestPbx(url, "POST", "/calls", { ...call, exten: "0702" })).body.accepted, 1);
    assert.equal(pushesTo(functions, token).length, 1);
  });
});
