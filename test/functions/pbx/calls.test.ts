import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { createFcmClient } from "../../../functions/src/fcm/client.ts";
import type { Services } from "../../../functions/src/services.ts";
import { createTestClock } from "../../support/clock.ts";
import { until } from "../../support/until.ts";
import { alice, bob, requestPbx, startFunctions, type Person } from "../../support/functions.ts";

const functions = await startFunctions();
after(() => functions.close());
beforeEach(async () => {
  await functions.clearDatabase();
  functions.fcm.clearMessages();
  functions.fcm.clearFaults();
});

const exten = "07045144801";
const call = { call_id: "1763712000.17", exten, caller_id: "01012345678", caller_name: "홍길동", ring_seconds: 30 };

/** Registers a phone with an app of its own at FCM, and answers its token. */
async function addPhone(deviceId: string, person: Person = alice): Promise<string> {
  const { token } = functions.fcm.createRegistration();
  const registration = { kind: "token", value: token };
  const answer = await functions.call("registerDevice", person, { deviceId, platform: "android", registration });
  assert.equal(answer.status, 200, answer.text);
  return token;
}

async function addLine(phones: number): Promise<string[]> {
  await functions.pbx("PUT", `/lines/${exten}`, { uid: "alice" });
  return Promise.all(Array.from({ length: phones }, (_, index) => addPhone(`phone-${index + 1}`)));
}

/** Many phones at once, as registering would have saved them. */
async function seedPhones(count: number): Promise<string[]> {
  const { db } = functions.services;
  const batch = db.batch();
  const tokens = Array.from({ length: count }, () => functions.fcm.createRegistration().token);
  for (const [index, value] of tokens.entries()) {
    const registration = { kind: "token", value };
    batch.set(db.doc(`devices/phone-${index}`), { uid: "alice", extens: [], registration, audienceShard: "0" });
  }
  await batch.commit();
  return tokens;
}

/** The services with a database whose named calls fail as Firestore does when it is away. */
function withFailing(...failing: ("runTransaction" | "secondTransaction" | "collection:devices")[]): Services {
  let transactions = 0;
  const fail = () => Promise.reject(Object.assign(new Error("14 UNAVAILABLE"), { code: 14 }));
  const db = new Proxy(functions.services.db, {
    get(target, property) {
      if (property === "runTransaction" && failing.includes("runTransaction")) return fail;
      if (property === "runTransaction" && failing.includes("secondTransaction") && (transactions += 1) === 2)
        return fail;
      const value = Reflect.get(target, property);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (failing.includes(`${String(property)}:${String(args[0])}` as "collection:devices")) {
          return { where: () => ({ get: fail }) };
        }
        return Reflect.apply(value, target, args);
      };
    },
  });
  return { ...functions.services, db };
}

/** The services some time from now. */
function later(ms: number): Services {
  const clock = createTestClock(Date.now() + ms);
  const { projectId, fcm: emulator } = functions;
  const fcm = createFcmClient({ projectId, emulatorHost: emulator.address, clock });
  after(() => fcm.close());
  return { ...functions.services, clock, fcm };
}

function pushesTo(token: string): any[] {
  return functions.fcm.messages(token).map(({ message }) => message);
}

describe("waking an exten", () => {
  it("pushes the call to the phone and says how many were notified", async () => {
    const [token] = await addLine(1);
    const answer = await functions.pbx("POST", "/calls", call);
    assert.equal(answer.status, 200, answer.text);
    const { elapsed_ms, ...rest } = answer.body;
    assert.deepEqual(rest, { call_id: call.call_id, status: "notified", devices: 1, accepted: 1 });
    assert.ok(Number.isInteger(elapsed_ms));
    const [{ data, android, notification }] = pushesTo(token!) as [any];
    const { timestamp, expiresAt, ...facts } = data;
    assert.deepEqual(facts, {
      type: "incoming_call",
      callId: "pbx-1~1763712000.17",
      linkedId: "1763712000.17",
      exten,
      callerId: "01012345678",
      callerName: "홍길동",
      callType: "voice",
    });
    assert.equal(Date.parse(expiresAt) - Date.parse(timestamp) <= 30_000, true);
    assert.match(android.ttl, /^(29|30)s$/);
    assert.equal(notification, undefined);
  });

  it("records the call before the push leaves", async () => {
    const [token] = await addLine(1);
    functions.fcm.addFault({ match: { token: token! }, status: 200, delay_ms: 300 });
    const sends = functions.fcm.counters.sends;
    const answering = functions.pbx("POST", "/calls", call);
    await until(() => functions.fcm.counters.sends > sends);
    const recorded = await functions.services.db.doc("calls/pbx-1~1763712000.17").get();
    assert.deepEqual([recorded.get("status"), recorded.get("callerName")], ["waking", "홍길동"]);
    await answering;
  });

  it("answers a dialplan with NOTIFIED and the number of phones", async () => {
    await addLine(2);
    const form = new URLSearchParams({ call_id: "1.1", exten, caller_name: "", ring_seconds: "20" });
    assert.equal((await functions.pbx("POST", "/calls?format=text", form)).text, "NOTIFIED 2\n");
  });

  it("answers NAK at once when nobody owns the exten, and when the owner has no phone", async () => {
    const nobody = await functions.pbx("POST", "/calls?format=text", call);
    assert.deepEqual([nobody.status, nobody.text], [404, "NAK no_devices\n"]);
    await functions.pbx("PUT", `/lines/${exten}`, { uid: "alice" });
    const noPhone = await functions.pbx("POST", "/calls", { ...call, call_id: "other" });
    assert.deepEqual([noPhone.status, noPhone.body.error.code], [404, "no_devices"]);
  });

  it("pushes to three phones at once: a slow one does not delay the others", async () => {
    const [slow, ...others] = await addLine(3);
    functions.fcm.addFault({ match: { token: slow! }, status: 200, delay_ms: 1000 });
    let answered = false;
    const answering = functions.pbx("POST", "/calls", call).finally(() => (answered = true));
    await until(() => others.every((token) => pushesTo(token).length === 1));
    assert.equal(answered, false);
    assert.deepEqual((await answering).body.accepted, 3);
  });

  it("records the outcome for each phone", async () => {
    const [, gone, refused] = await addLine(3);
    functions.fcm.setState(gone!, "uninstalled");
    functions.fcm.addFault({ match: { token: refused! }, error_code: "SENDER_ID_MISMATCH" });
    const answer = await functions.pbx("POST", "/calls", call);
    assert.deepEqual([answer.body.devices, answer.body.accepted], [3, 1]);
    const { devices, created_at, ...shown } = (await functions.pbx("GET", `/calls/${call.call_id}`)).body;
    assert.deepEqual(shown, {
      call_id: call.call_id,
      status: "notified",
      caller_id: "01012345678",
      caller_name: "홍길동",
      extens: [exten],
    });
    const outcomes = devices.map(({ accepted_at, ...device }: { accepted_at?: string }) => ({
      ...device,
      accepted: accepted_at !== undefined,
    }));
    assert.deepEqual(
      outcomes.toSorted((a: { device_id: string }, b: { device_id: string }) => a.device_id.localeCompare(b.device_id)),
      [
        { device_id: "phone-1", exten, state: "accepted", accepted: true },
        { device_id: "phone-2", exten, state: "failed", error: "UNREGISTERED", accepted: false },
        { device_id: "phone-3", exten, state: "failed", error: "SENDER_ID_MISMATCH", accepted: false },
      ],
    );
    assert.ok(Date.parse(created_at));
  });

  it("lets the users of the phones read the call in their history", async () => {
    await addLine(1);
    await functions.pbx("POST", "/calls", call);
    const history = await functions.services.db.collection("calls").where("uids", "array-contains", "alice").get();
    assert.equal(history.size, 1);
    const days = (history.docs[0]!.get("expireAt").toMillis() - Date.now()) / 86_400_000;
    assert.ok(days > 29.9 && days <= 30);
  });

  it("forgets a phone whose app is gone, and keeps one that FCM refuses", async () => {
    const [gone, refused] = await addLine(2);
    functions.fcm.setState(gone!, "uninstalled");
    functions.fcm.addFault({ match: { token: refused! }, error_code: "THIRD_PARTY_AUTH_ERROR" });
    const answer = await functions.pbx("POST", "/calls?format=text", call);
    assert.deepEqual([answer.status, answer.text], [502, "NAK push_failed\n"]);
    const left = await functions.services.db.collection("devices").get();
    assert.deepEqual(
      left.docs.map(({ id }) => id),
      ["phone-2"],
    );
  });

  it("tries a phone once more when FCM is briefly unavailable", async () => {
    const [token] = await addLine(1);
    functions.fcm.addFault({ match: { token: token! }, error_code: "UNAVAILABLE" });
    assert.equal((await functions.pbx("POST", "/calls", call)).body.accepted, 1);
    assert.equal(pushesTo(token!).length, 1);
  });

  it("keeps two calls to one exten at once apart", async () => {
    const [token] = await addLine(1);
    const [one, two] = await Promise.all([
      functions.pbx("POST", "/calls", { ...call, call_id: "a.1", caller_id: "0101" }),
      functions.pbx("POST", "/calls", { ...call, call_id: "b.2", caller_id: "0102" }),
    ]);
    assert.deepEqual([one.body.accepted, two.body.accepted], [1, 1]);
    const seen = pushesTo(token!).map(({ data }) => `${data.linkedId} from ${data.callerId}`);
    assert.deepEqual(seen.toSorted(), ["a.1 from 0101", "b.2 from 0102"]);
    assert.equal((await functions.pbx("GET", "/calls/a.1")).body.caller_id, "0101");
  });

  it("knows a ring group as one call with several extens", async () => {
    const [token] = await addLine(1);
    const other = await addPhone("desk", bob);
    await functions.pbx("PUT", "/lines/0702", { uid: "bob" });
    const answers = await Promise.all(
      [exten, "0702", "0703"].map((number) => functions.pbx("POST", "/calls", { ...call, exten: number })),
    );
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 404],
    );
    assert.deepEqual([pushesTo(token!).length, pushesTo(other).length], [1, 1]);
    const shown = (await functions.pbx("GET", `/calls/${call.call_id}`)).body;
    assert.deepEqual([shown.status, shown.extens.toSorted()], ["notified", ["0702", "0703", exten].toSorted()]);
    assert.deepEqual(shown.devices.map(({ device_id }: { device_id: string }) => device_id).toSorted(), [
      "desk",
      "phone-1",
    ]);
  });
});

describe("the same call and exten again", () => {
  it("gets the same answer and no second push", async () => {
    const [token] = await addLine(1);
    const { elapsed_ms: _, ...first } = (await functions.pbx("POST", "/calls", call)).body;
    const { elapsed_ms: __, ...second } = (await functions.pbx("POST", "/calls", call)).body;
    assert.deepEqual(second, first);
    assert.equal(pushesTo(token!).length, 1);
  });

  it("gets the same NAK", async () => {
    await functions.pbx("POST", "/calls", call);
    await addLine(1);
    assert.equal((await functions.pbx("POST", "/calls", call)).body.error.code, "no_devices");
  });

  it("waits for the first when it comes while that is still pushing", async () => {
    const [token] = await addLine(1);
    functions.fcm.addFault({ match: { token: token! }, status: 200, delay_ms: 300 });
    const answers = await Promise.all([1, 2, 3, 4].map(() => functions.pbx("POST", "/calls", call)));
    assert.deepEqual(
      answers.map(({ body }) => body.accepted),
      [1, 1, 1, 1],
    );
    assert.equal(pushesTo(token!).length, 1);
  });

  it("is taken over when the first died, without waking a phone again whose outcome is on record", async () => {
    const [slow, quick] = await addLine(2);
    functions.fcm.addFault({ match: { token: slow! }, status: 200, delay_ms: 300 });
    const dying = await functions.servePbx(withFailing("secondTransaction"));
    assert.equal((await requestPbx(dying, "POST", "/calls", call)).status, 500);
    const answer = await requestPbx(await functions.servePbx(later(16_000)), "POST", "/calls", call);
    assert.deepEqual([answer.body.devices, answer.body.accepted], [2, 2]);
    // The last phone's outcome goes on record with the answer, which was never written.
    assert.deepEqual([pushesTo(quick!).length, pushesTo(slow!).length], [1, 2]);
  });

  it("does not wake a phone again that has reported in, whatever the first left on record", async () => {
    const [token] = await addLine(1);
    const dying = await functions.servePbx(withFailing("runTransaction"));
    await requestPbx(dying, "POST", "/calls", call);
    await functions.call("reportCall", alice, {
      callId: `pbx-1~${call.call_id}`,
      deviceId: "phone-1",
      event: "received",
    });
    const answer = await requestPbx(await functions.servePbx(later(16_000)), "POST", "/calls", call);
    assert.equal(answer.body.accepted, 1);
    assert.equal(pushesTo(token!).length, 1);
  });

  it("takes over while it waits, as soon as the first's time is up", async () => {
    const [token] = await addLine(1);
    const dying = await functions.servePbx(withFailing("runTransaction"));
    await requestPbx(dying, "POST", "/calls", call);
    const clock = createTestClock(Date.now());
    const waiting = await functions.servePbx({ ...functions.services, clock });
    assert.equal((await requestPbx(waiting, "POST", "/calls", call)).body.accepted, 1);
    assert.equal(pushesTo(token!).length, 2);
    assert.ok(clock.sleeps.some((ms) => ms > 14_000 && ms <= 15_000));
  });

  it("sends nothing once the ring time of the first is over", async () => {
    const [token] = await addLine(1);
    const dying = await functions.servePbx(withFailing("runTransaction"));
    await requestPbx(dying, "POST", "/calls", { ...call, ring_seconds: 5 });
    functions.fcm.clearMessages();
    const answer = await requestPbx(await functions.servePbx(later(16_000)), "POST", "/calls", call);
    assert.equal(answer.body.error.code, "push_failed");
    assert.equal(pushesTo(token!).length, 0);
  });

  it("need not wait when the first could not look the phones up", async () => {
    const [token] = await addLine(1);
    const blind = await functions.servePbx(withFailing("collection:devices"));
    assert.equal((await requestPbx(blind, "POST", "/calls", call)).status, 500);
    assert.equal((await functions.pbx("POST", "/calls", call)).body.accepted, 1);
    assert.equal(pushesTo(token!).length, 1);
  });

  it("is told to try again when others hold the call for longer than they may", async () => {
    await addLine(1);
    await functions.pbx("POST", "/calls", call);
    const path = `calls/pbx-1~${call.call_id}`;
    const held = {
      claim: "another",
      order: 0,
      wakingUntil: new Date("2100-01-01"),
      ringEndsAt: new Date("2100-01-01"),
    };
    await functions.services.db.doc(path).update({ extens: { [exten]: held } });
    const url = await functions.servePbx({ ...functions.services, clock: createTestClock(Date.now()) });
    const answer = await requestPbx(url, "POST", "/calls", call);
    assert.deepEqual([answer.status, answer.body.error.code], [503, "try_again"]);
  });

  it("knows its own record when the answer to writing it was lost", async () => {
    const [token] = await addLine(1);
    // The SDK sends a commit again whose answer did not come, and is told that the document exists.
    let lost = false;
    const db = new Proxy(functions.services.db, {
      get(target, property) {
        const value = Reflect.get(target, property);
        if (property !== "collection") return typeof value === "function" ? value.bind(target) : value;
        return (path: string) => ({
          doc: (id: string) => {
            const ref = target.collection(path).doc(id);
            if (path !== "calls" || lost) return ref;
            lost = true;
            const create = async (data: object) => {
              await ref.create(data);
              throw Object.assign(new Error("6 ALREADY_EXISTS"), { code: 6 });
            };
            return { create };
          },
          where: target.collection(path).where.bind(target.collection(path)),
        });
      },
    });
    const url = await functions.servePbx({ ...functions.services, db });
    const answer = await requestPbx(url, "POST", "/calls", call);
    assert.equal(answer.body.accepted, 1, answer.text);
    assert.equal(pushesTo(token!).length, 1);
  });
});

describe("a phone that two extens of one call ring", () => {
  async function addSharedPhone(): Promise<string> {
    await functions.pbx("PUT", `/lines/${exten}`, { uid: "alice" });
    await functions.pbx("PUT", "/lines/0702", { uid: "alice" });
    return addPhone("a.phone");
  }

  it("is woken once when the extens are announced at the same time", async () => {
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
    assert.equal(pushesTo(token).length, 1);
  });

  it("is not tried again for the second when it failed for the first", async () => {
    const token = await addSharedPhone();
    functions.fcm.addFault({ match: { token }, error_code: "SENDER_ID_MISMATCH" });
    assert.equal((await functions.pbx("POST", "/calls", call)).status, 502);
    assert.equal((await functions.pbx("POST", "/calls", { ...call, exten: "0702" })).status, 502);
    assert.equal(pushesTo(token).length, 0);
    const shown = (await functions.pbx("GET", `/calls/${call.call_id}`)).body;
    assert.deepEqual(shown.devices, [{ device_id: "a.phone", exten, state: "failed", error: "SENDER_ID_MISMATCH" }]);
    assert.equal(shown.status, "failed");
  });

  it("is woken for the second when the first died before it could", async () => {
    const token = await addSharedPhone();
    const blind = await functions.servePbx({ ...withFailing("collection:devices", "runTransaction") });
    await requestPbx(blind, "POST", "/calls", call);
    const url = await functions.servePbx(later(16_000));
    assert.equal((await requestPbx(url, "POST", "/calls", { ...call, exten: "0702" })).body.accepted, 1);
    assert.equal(pushesTo(token).length, 1);
  });
});

describe("a call's status", () => {
  it("is waking again while another exten is being tried, and failed only when all are", async () => {
    await functions.pbx("POST", "/calls", { ...call, exten: "0703" });
    const [token] = await addLine(1);
    functions.fcm.addFault({ match: { token: token! }, error_code: "SENDER_ID_MISMATCH", delay_ms: 300 });
    const sends = functions.fcm.counters.sends;
    const trying = functions.pbx("POST", "/calls", call);
    await until(() => functions.fcm.counters.sends > sends);
    assert.equal((await functions.pbx("GET", `/calls/${call.call_id}`)).body.status, "waking");
    await functions.pbx("POST", "/calls", { ...call, exten: "0704" });
    assert.equal((await functions.pbx("GET", `/calls/${call.call_id}`)).body.status, "waking");
    await trying;
    assert.equal((await functions.pbx("GET", `/calls/${call.call_id}`)).body.status, "failed");
  });

  it("shows every user it rang, and the owner who has no phone", async () => {
    await addLine(1);
    await functions.pbx("PUT", "/lines/0702", { uid: "bob" });
    await functions.pbx("POST", "/calls", call);
    await functions.pbx("POST", "/calls", { ...call, exten: "0702" });
    const recorded = await functions.services.db.doc(`calls/pbx-1~${call.call_id}`).get();
    assert.deepEqual(recorded.get("uids"), ["alice", "bob"]);
  });
});

describe("forgetting registrations", () => {
  it("forgets nobody when the project id is wrong", async () => {
    await addLine(3);
    for (let send = 0; send < 3; send += 1) functions.fcm.addFault({ error_code: "NOT_FOUND", status: 404 });
    assert.equal((await functions.pbx("POST", "/calls", call)).status, 502);
    assert.equal((await functions.services.db.collection("devices").get()).size, 3);
  });

  it("trips its breaker when 60 of 100 come back unregistered", async () => {
    const tokens = await seedPhones(100);
    for (const token of tokens.slice(0, 60)) functions.fcm.setState(token, "uninstalled");
    const answer = await functions.pbx("POST", "/send-batch", { tokens, title: "a", body: "b" });
    assert.deepEqual([answer.body.success_count, answer.body.failure_count], [40, 60]);
    assert.equal((await functions.services.db.collection("devices").get()).size, 100);
    assert.ok(functions.logged.some((line) => line.includes("forget_breaker_tripped")));
  });

  const bounds: readonly [sent: number, dead: number, left: number][] = [
    [100, 30, 70],
    [100, 31, 100],
    [20, 7, 20],
    [19, 19, 0],
  ];
  for (const [sent, dead, left] of bounds) {
    it(`leaves ${left} of ${sent} when ${dead} are unregistered`, async () => {
      const tokens = await seedPhones(sent);
      for (const token of tokens.slice(0, dead)) functions.fcm.setState(token, "uninstalled");
      await functions.pbx("POST", "/send-batch", { tokens, title: "a", body: "b" });
      assert.equal((await functions.services.db.collection("devices").get()).size, left);
    });
  }

  it("takes the device out of the audience too", async () => {
    const [gone] = await addLine(1);
    functions.fcm.setState(gone!, "uninstalled");
    await functions.pbx("POST", "/calls", call);
    const shards = await functions.services.db.collection("audience").get();
    assert.deepEqual(
      shards.docs.map((shard) => shard.get("devices")),
      [{}],
    );
  });

  it("does not turn an accepted push into a failure when it fails itself", async () => {
    const [token] = await addLine(1);
    const dead = functions.fcm.createRegistration().token;
    functions.fcm.setState(dead, "uninstalled");
    const url = await functions.servePbx(withFailing("collection:devices"));
    const answer = await requestPbx(url, "POST", "/send-batch", { tokens: [token, dead], title: "a", body: "b" });
    assert.deepEqual([answer.status, answer.body.success_count], [200, 1]);
  });

  it("spares a device that has a new registration by the time the old one is called dead", async () => {
    const [old] = await addLine(1);
    functions.fcm.addFault({ match: { token: old! }, error_code: "UNREGISTERED", delay_ms: 300 });
    const sends = functions.fcm.counters.sends;
    const answering = functions.pbx("POST", "/calls", call);
    await until(() => functions.fcm.counters.sends > sends);
    await addPhone("phone-1");
    await answering;
    assert.equal((await functions.services.db.doc("devices/phone-1").get()).exists, true);
  });
});

describe("GET /calls/{call_id}", () => {
  it("answers 404 unknown_call for a call nobody announced", async () => {
    const answer = await functions.pbx("GET", "/calls/unknown");
    assert.deepEqual([answer.status, answer.body.error.code], [404, "unknown_call"]);
  });

  it("answers a dialplan with the status", async () => {
    await addLine(1);
    await functions.pbx("POST", "/calls", call);
    assert.equal((await functions.pbx("GET", `/calls/${call.call_id}?format=text`)).text, "NOTIFIED\n");
  });
});

describe("the log", () => {
  it("has a line for every call and no caller or registration in any", () => {
    const text = functions.logged.join("\n");
    assert.ok(text.includes("call_woken"));
    assert.doesNotMatch(text, /홍길동|01012345678/);
  });
});
