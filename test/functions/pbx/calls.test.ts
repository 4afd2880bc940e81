import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { until } from "../../support/until.ts";
import { bob, demoKey, startFunctions } from "../../support/functions.ts";
import { addLine, addPhone, call, callId, exten, pushesTo, ringPath, resetState } from "../../support/line.ts";

const functions = await startFunctions();
after(() => functions.close());
beforeEach(() => resetState(functions));

describe("waking an exten", () => {
  it("pushes the call to the phone and returns the number of notified phones", async () => {
    const [token] = await addLine(functions, 1);
    const answer = await functions.pbx("POST", "/calls", call);
    assert.equal(answer.status, 200, answer.text);
    const { elapsed_ms, ...rest } = answer.body;
    assert.deepEqual(rest, { call_id: call.call_id, status: "notified", devices: 1, accepted: 1 });
    assert.ok(Number.isInteger(elapsed_ms));
    const [{ data, android, notification }] = pushesTo(functions, token!) as [any];
    const { timestamp, expiresAt, ...facts } = data;
    assert.deepEqual(facts, {
      type: "incoming_call",
      callId,
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

  it("reaches a phone whose id is a property that every object has", async () => {
    await addLine(functions, 0);
    const token = await addPhone(functions, "constructor");
    const { body } = await functions.pbx("POST", "/calls", call);
    assert.deepEqual([body.devices, body.accepted], [1, 1]);
    assert.equal(pushesTo(functions, token).length, 1);
  });

  it("records the call before the push is sent", async () => {
    const [token] = await addLine(functions, 1);
    functions.fcm.addFault({ match: { token: token! }, status: 200, delay_ms: 300 });
    const sends = functions.fcm.counters.sends;
    const answering = functions.pbx("POST", "/calls", call);
    await until(() => functions.fcm.counters.sends > sends);
    const recorded = await functions.services.db.doc(ringPath).get();
    assert.deepEqual([recorded.get("status"), recorded.get("callerName")], ["waking", "홍길동"]);
    await answering;
  });

  it("answers a dialplan with NOTIFIED and the number of phones", async () => {
    await addLine(functions, 2);
    const form = new URLSearchParams({ call_id: "1.1", exten, caller_name: "", ring_seconds: "20" });
    assert.equal((await functions.pbx("POST", "/calls?format=text", form)).text, "NOTIFIED 2\n");
  });

  const spelt = [
    ["caller_id=+821012345678", "+821012345678", ""],
    ["caller_id=%2B821012345678&caller_name=+123", "+821012345678", "+123"],
    ["caller_id=010&caller_name=%20123", "010", " 123"],
    ["caller_id=010&caller_name=a+123", "010", "a 123"],
  ] as const;
  for (const [fields, number, name] of spelt) {
    it(`reads the form ${fields} as it was meant`, async () => {
      const [token] = await addLine(functions, 1);
      const headers = { authorization: `Bearer ${demoKey}`, "content-type": "application/x-www-form-urlencoded" };
      await functions.pbx("POST", "/calls", `call_id=1.1&exten=${exten}&${fields}`, { headers });
      const [{ data }] = pushesTo(functions, token!);
      assert.deepEqual([data.callerId, data.callerName], [number, name]);
    });
  }

  it("answers NAK at once when the exten has no owner, and when the owner has no phone", async () => {
    const nobody = await functions.pbx("POST", "/calls?format=text", call);
    assert.deepEqual([nobody.status, nobody.text], [404, "NAK no_devices\n"]);
    await functions.pbx("PUT", `/lines/${exten}`, { uid: "alice" });
    const noPhone = await functions.pbx("POST", "/calls", { ...call, call_id: "other" });
    assert.deepEqual([noPhone.status, noPhone.body.error.code], [404, "no_devices"]);
  });

  it("pushes to three phones at once: a slow one does not delay the others", async () => {
    const [slow, ...others] = await addLine(functions, 3);
    functions.fcm.addFault({ match: { token: slow! }, status: 200, delay_ms: 1000 });
    let answered = false;
    const answering = functions.pbx("POST", "/calls", call).finally(() => (answered = true));
    await until(() => others.every((token) => pushesTo(functions, token).length === 1));
    assert.equal(answered, false);
    assert.deepEqual((await answering).body.accepted, 3);
  });

  it("records the outcome for each phone", async () => {
    const [, gone, refused] = await addLine(functions, 3);
    functions.fcm.setState(gone!, "uninstalled");
    functions.fcm.addFault({ match: { token: refused! }, error_code: "SENDER_ID_MISMATCH" });
    const answer = await functions.pbx("POST", "/calls", call);
    assert.deepEqual([answer.body.devices, answer.body.accepted], [3, 1]);
    const { devices, created_at, rings, ...shown } = (await functions.pbx("GET", `/calls/${call.call_id}`)).body;
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
        { device_id: "phone-1", exten, state: "accepted", channel: "fcm", accepted: true },
        { device_id: "phone-2", exten, state: "failed", error: "UNREGISTERED", accepted: false },
        { device_id: "phone-3", exten, state: "failed", error: "SENDER_ID_MISMATCH", accepted: false },
      ],
    );
    assert.ok(Date.parse(created_at));
    assert.deepEqual(rings, [{ exten, status: "notified", created_at, devices }]);
  });

  it("lets the user of the phones read the ring in their history", async () => {
    await addLine(functions, 1);
    await functions.pbx("POST", "/calls", call);
    const history = await functions.services.db.collection("rings").where("uid", "==", "alice").get();
    assert.equal(history.size, 1);
    const days = (history.docs[0]!.get("removeAt").toMillis() - Date.now()) / 86_400_000;
    assert.ok(days > 29.9 && days <= 30);
  });

  it("forgets a phone whose app is gone, and keeps one that FCM refuses", async () => {
    const [gone, refused] = await addLine(functions, 2);
    functions.fcm.setState(gone!, "uninstalled");
    functions.fcm.addFault({ match: { token: refused! }, error_code: "THIRD_PARTY_AUTH_ERROR" });
    const answer = await functions.pbx("POST", "/calls?format=text", call);
    assert.deepEqual([answer.status, answer.text], [502, "NAK push_failed\n"]);
    const left = await functions.services.db.collection("devices").get();
    assert.deepEqual(
      left.docs.map((doc) => doc.get("deviceId")),
      ["phone-2"],
    );
  });

  it("retries a phone once when FCM is briefly unavailable", async () => {
    const [token] = await addLine(functions, 1);
    functions.fcm.addFault({ match: { token: token! }, error_code: "UNAVAILABLE" });
    assert.equal((await functions.pbx("POST", "/calls", call)).body.accepted, 1);
    assert.equal(pushesTo(functions, token!).length, 1);
  });

  it("keeps two simultaneous calls to one exten apart", async () => {
    const [token] = await addLine(functions, 1);
    const [one, two] = await Promise.all([
      functions.pbx("POST", "/calls", { ...call, call_id: "a.1", caller_id: "0101" }),
      functions.pbx("POST", "/calls", { ...call, call_id: "b.2", caller_id: "0102" }),
    ]);
    assert.deepEqual([one.body.accepted, two.body.accepted], [1, 1]);
    const seen = pushesTo(functions, token!).map(({ data }) => `${data.linkedId} from ${data.callerId}`);
    assert.deepEqual(seen.toSorted(), ["a.1 from 0101", "b.2 from 0102"]);
    assert.equal((await functions.pbx("GET", "/calls/a.1")).body.caller_id, "0101");
  });

  it("treats a ring group as one call with several extens", async () => {
    const [token] = await addLine(functions, 1);
    const other = await addPhone(functions, "desk", bob);
    await functions.pbx("PUT", "/lines/0702", { uid: "bob" });
    const answers = await Promise.all(
      [exten, "0702", "0703"].map((number) => functions.pbx("POST", "/calls", { ...call, exten: number })),
    );
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 404],
    );
    assert.deepEqual([pushesTo(functions, token!).length, pushesTo(functions, other).length], [1, 1]);
    const shown = (await functions.pbx("GET", `/calls/${call.call_id}`)).body;
    assert.deepEqual([shown.status, shown.extens.toSorted()], ["notified", ["0702", "0703", exten].toSorted()]);
    assert.deepEqual(shown.devices.map(({ device_id }: { device_id: string }) => device_id).toSorted(), [
      "desk",
      "phone-1",
    ]);
  });
});

describe("a call's status", () => {
  it("is waking again while another exten is tried, and failed only when all have failed", async () => {
    await functions.pbx("POST", "/calls", { ...call, exten: "0703" });
    const [token] = await addLine(functions, 1);
    functions.fcm.addFault({ match: { token: token! }, error_code: "SENDER_ID_MISMATCH", delay_ms: 2000 });
    const sends = functions.fcm.counters.sends;
    const trying = functions.pbx("POST", "/calls", call);
    await until(() => functions.fcm.counters.sends > sends);
    assert.equal((await functions.pbx("GET", `/calls/${call.call_id}`)).body.status, "waking");
    await functions.pbx("POST", "/calls", { ...call, exten: "0704" });
    assert.equal((await functions.pbx("GET", `/calls/${call.call_id}`)).body.status, "waking");
    await trying;
    assert.equal((await functions.pbx("GET", `/calls/${call.call_id}`)).body.status, "failed");
  });

  it("has a ring for every user, also for one without a phone", async () => {
    await addLine(functions, 1);
    await functions.pbx("PUT", "/lines/0702", { uid: "bob" });
    await functions.pbx("POST", "/calls", call);
    await functions.pbx("POST", "/calls", { ...call, exten: "0702" });
    const { docs } = await functions.services.db.collection("rings").get();
    assert.deepEqual(docs.map((doc) => String(doc.get("uid"))).toSorted(), ["alice", "bob"]);
  });
});

describe("GET /calls/{call_id}", () => {
  it("answers 404 unknown_call for a call that was never announced", async () => {
    const answer = await functions.pbx("GET", "/calls/unknown");
    assert.deepEqual([answer.status, answer.body.error.code], [404, "unknown_call"]);
  });

  it("answers a dialplan with the status", async () => {
    await addLine(functions, 1);
    await functions.pbx("POST", "/calls", call);
    assert.equal((await functions.pbx("GET", `/calls/${call.call_id}?format=text`)).text, "NOTIFIED\n");
  });
});

describe("the log", () => {
  it("has a line for every call, without a caller or a registration", () => {
    const text = functions.logged.join("\n");
    assert.ok(text.includes("call_woken"));
    assert.doesNotMatch(text, /홍길동|01012345678/);
  });
});
