import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { createTestClock } from "../../support/clock.ts";
import { until } from "../../support/until.ts";
import { alice, bob, demoKey, requestPbx, startFunctions, type Person } from "../../support/functions.ts";
import { addLine, addPhone, call, callId, exten, pushesTo, resetState } from "../../support/line.ts";

const functions = await startFunctions();
after(() => functions.close());
beforeEach(() => resetState(functions));

async function report(event: string, deviceId = "phone-1", person: Person = alice) {
  return (await functions.call("reportCall", person, { callId, deviceId, event })).body;
}

async function end(body: object = { dialstatus: "CANCEL" }, id = call.call_id) {
  return functions.pbx("POST", `/calls/${id}/end`, body);
}

/** The types of the pushes that reached a phone, in order. */
function typesTo(token: string): string[] {
  return pushesTo(functions, token).map(({ data }) => data.type);
}

async function shown() {
  return (await functions.pbx("GET", `/calls/${call.call_id}`)).body;
}

describe("a phone's receipt", () => {
  it("is recorded with the server's time and answered with the call's status", async () => {
    await addLine(functions, 1);
    await functions.pbx("POST", "/calls", call);
    assert.deepEqual(await report("received"), { result: { callId, status: "notified", ringing: true } });
    assert.deepEqual(await report("ready"), { result: { callId, status: "ready", ringing: true } });
    const { status, devices } = await shown();
    assert.deepEqual([status, devices[0].state], ["ready", "ready"]);
    assert.ok(Date.parse(devices[0].ready_at) >= Date.parse(devices[0].accepted_at));
  });

  it("is not lost when it comes before the push is recorded", async () => {
    const [token] = await addLine(functions, 1);
    functions.fcm.addFault({ match: { token: token! }, status: 200, delay_ms: 300 });
    const calling = functions.pbx("POST", "/calls", call);
    await until(() => functions.fcm.messages(token).length === 1);
    assert.equal((await report("ready")).result.status, "ready");
    assert.equal((await calling).body.accepted, 1);
    const { status, devices } = await shown();
    assert.deepEqual([status, devices[0].state], ["ready", "ready"]);
    assert.ok(devices[0].accepted_at);
  });

  it("is answered ringing: false for a call that is over", async () => {
    await addLine(functions, 1);
    await functions.pbx("POST", "/calls", call);
    await end();
    assert.deepEqual(await report("ready"), {
      result: { callId, status: "ended", ringing: false, reason: "cancelled" },
    });
    assert.equal((await shown()).devices[0].state, "ended");
  });

  it("gets the same answer for an unknown call, for another's call and for another's phone", async () => {
    await addLine(functions, 1);
    await addPhone(functions, "bobs", bob);
    const unknown = await report("ready");
    assert.equal(unknown.error.status, "PERMISSION_DENIED");
    await functions.pbx("POST", "/calls", call);
    assert.deepEqual(await report("ready", "bobs", bob), unknown);
    assert.deepEqual(await report("ready", "phone-1", bob), unknown);
    assert.deepEqual(await report("ready", "no-phone"), unknown);
  });

  it("is refused from another user, for another's call, and when it is invalid", async () => {
    await addLine(functions, 1);
    await addPhone(functions, "bobs", bob);
    await functions.pbx("POST", "/calls", call);
    assert.equal((await report("ready", "phone-1", bob)).error.status, "PERMISSION_DENIED");
    assert.equal((await report("ready", "bobs", bob)).error.status, "PERMISSION_DENIED");
    assert.equal((await report("ready", "unknown")).error.status, "PERMISSION_DENIED");
    assert.equal((await report("ringing")).error.status, "INVALID_ARGUMENT");
    const odd = await functions.call("reportCall", alice, { callId: "a/b", deviceId: "phone-1", event: "ready" });
    assert.equal(odd.body.error.status, "INVALID_ARGUMENT");
  });

  it("answered silences the other phones, and never the one that answered", async () => {
    const [answering, ringing, declining] = await addLine(functions, 3);
    await functions.pbx("POST", "/calls", call);
    await report("declined", "phone-3");
    assert.deepEqual((await report("answered")).result.status, "answered");
    assert.deepEqual(typesTo(answering!), ["incoming_call"]);
    assert.deepEqual(typesTo(ringing!), ["incoming_call", "call_ended"]);
    assert.deepEqual(typesTo(declining!), ["incoming_call"]);
    const [, ended] = functions.fcm.messages(ringing).map(({ message }) => message as { data: object });
    assert.deepEqual(ended?.data, { type: "call_ended", callId, reason: "answered_elsewhere" });
    assert.deepEqual(await report("answered", "phone-2"), {
      result: { callId, status: "answered", ringing: false, reason: "answered_elsewhere" },
    });
  });

  it("answered silences a phone whose push was still in flight", async () => {
    const [answering, slow] = await addLine(functions, 2);
    functions.fcm.addFault({ match: { token: slow! }, status: 200, delay_ms: 500 });
    const calling = functions.pbx("POST", "/calls", call);
    await until(() => functions.fcm.messages(answering).length === 1);
    await report("answered");
    await calling;
    assert.deepEqual(typesTo(slow!), ["incoming_call", "call_ended"]);
  });
});

describe("the end of a call", () => {
  it("reaches every ringing phone, once", async () => {
    const [one, two] = await addLine(functions, 2);
    await functions.pbx("POST", "/calls", call);
    const first = await end();
    assert.deepEqual(first.body, { call_id: call.call_id, status: "ended", notified: 2 });
    const second = await end({ dialstatus: "NOANSWER" });
    assert.deepEqual(second.body, { call_id: call.call_id, status: "ended", notified: 0 });
    assert.deepEqual(
      [typesTo(one!), typesTo(two!)],
      [
        ["incoming_call", "call_ended"],
        ["incoming_call", "call_ended"],
      ],
    );
    const { status, reason, ended_at } = await shown();
    assert.deepEqual([status, reason], ["ended", "cancelled"]);
    assert.ok(Date.parse(ended_at));
  });

  it("replaces the alert of an iPhone, without a sound", async () => {
    const [token] = await addLine(functions, 1);
    await functions.pbx("POST", "/calls", call);
    await end({ dialstatus: "NOANSWER" });
    type Apns = { apns: { headers: Record<string, string>; payload: { aps: Record<string, unknown> } } };
    const [ring, over] = functions.fcm.messages(token).map(({ message }) => (message as Apns).apns);
    assert.equal(over?.headers["apns-collapse-id"], ring?.headers["apns-collapse-id"]);
    assert.equal(over?.headers["apns-priority"], "5");
    assert.deepEqual(over?.payload.aps, {
      "content-available": 1,
      alert: { title: "홍길동", body: "부재중 전화" },
      "thread-id": "incoming_call",
      "interruption-level": "passive",
    });
  });

  const reasons: readonly [body: object, reason: string][] = [
    [{}, "cancelled"],
    [{ dialstatus: "ANSWER" }, "answered"],
    [{ dialstatus: "CANCEL" }, "cancelled"],
    [{ dialstatus: "NOANSWER" }, "missed"],
    [{ dialstatus: "BUSY" }, "busy"],
    [{ dialstatus: "CHANUNAVAIL" }, "failed"],
    [{ dialstatus: "constructor" }, "failed"],
    [{ reason: "declined", dialstatus: "CANCEL" }, "declined"],
  ];
  for (const [body, reason] of reasons) {
    it(`with ${JSON.stringify(body)} is ${reason}`, async () => {
      await functions.pbx("POST", "/calls", call);
      await end(body);
      assert.equal((await shown()).reason, reason);
    });
  }

  it("needs no body", async () => {
    await functions.pbx("POST", "/calls", call);
    const answer = await functions.pbx("POST", `/calls/${call.call_id}/end`);
    assert.deepEqual([answer.status, (await shown()).reason], [200, "cancelled"]);
  });

  it("of an unknown call is 404, and the announcement that comes after it pushes nothing", async () => {
    const [token] = await addLine(functions, 1);
    assert.deepEqual([(await end()).status, (await end()).body.error.code], [404, "unknown_call"]);
    assert.equal((await functions.pbx("GET", `/calls/${call.call_id}`)).status, 404);
    const late = await functions.pbx("POST", "/calls?format=text", call);
    assert.deepEqual([late.status, late.text], [200, "ENDED\n"]);
    assert.equal((await functions.pbx("POST", "/calls", call)).body.status, "ended");
    assert.deepEqual(typesTo(token!), []);
    assert.deepEqual([(await shown()).status, (await shown()).caller_name], ["ended", "홍길동"]);
    const history = await functions.services.db.collection("rings").where("uid", "==", "alice").get();
    assert.equal(history.size, 1);
  });

  it("silences the phone also when it overtakes its own call push", async () => {
    const [token] = await addLine(functions, 1);
    functions.fcm.addFault({ match: { token: token! }, status: 200, delay_ms: 300 });
    const calling = functions.pbx("POST", "/calls", call);
    await until(() => functions.fcm.messages(token).length === 1);
    assert.equal((await end()).body.notified, 0);
    await calling;
    assert.deepEqual(typesTo(token!), ["incoming_call", "call_ended"]);
  });

  it("of one exten leaves the others ringing, and the last one ends the call", async () => {
    const [token] = await addLine(functions, 1);
    await functions.pbx("PUT", "/lines/0702", { uid: "bob" });
    const other = await addPhone(functions, "desk", bob);
    await functions.pbx("POST", "/calls", call);
    await functions.pbx("POST", "/calls", { ...call, exten: "0702" });
    const first = await end({ reason: "missed", exten });
    assert.deepEqual([first.body.status, first.body.notified], ["notified", 1]);
    assert.deepEqual([typesTo(token!), typesTo(other)], [["incoming_call", "call_ended"], ["incoming_call"]]);
    const second = await end({ reason: "missed", exten: "0702" });
    assert.deepEqual([second.body.status, second.body.notified], ["ended", 1]);
  });

  it("is sent again to a phone when FCM could not be reached for it", async () => {
    const [token] = await addLine(functions, 1);
    await functions.pbx("POST", "/calls", call);
    functions.fcm.addFault({ match: { token: token! }, error_code: "UNAVAILABLE", times: 2 });
    const failed = await end();
    assert.deepEqual([failed.status, failed.body.error.code], [503, "try_again"]);
    assert.equal((await end()).body.notified, 1);
    assert.deepEqual(typesTo(token!), ["incoming_call", "call_ended"]);
  });
});

describe("waiting for a phone", () => {
  it("ends at once when the phone is ready, answered, declined or the call ended", async () => {
    const outcomes: readonly [act: () => Promise<unknown>, text: string][] = [
      [() => report("ready"), "READY\n"],
      [() => report("answered"), "ANSWERED\n"],
      [() => report("declined"), "DECLINED\n"],
      [() => end(), "ENDED\n"],
    ];
    for (const [act, text] of outcomes) {
      await functions.clearDatabase();
      const [token] = await addLine(functions, 1);
      const waiting = functions.pbx("POST", "/calls?format=text", { ...call, wait_seconds: 25 });
      await until(() => functions.fcm.messages(token).length === 1);
      await until(() => functions.listeners() > 0);
      const actedAt = performance.now();
      await act();
      assert.equal((await waiting).text, text);
      assert.ok(performance.now() - actedAt < 5000);
      await until(() => functions.listeners() === 0);
    }
  });

  it("ends with TIMEOUT when the time is up, and closes its listener", async () => {
    await addLine(functions, 1);
    const clock = createTestClock(Date.now());
    const url = await functions.servePbx({ ...functions.services, clock });
    const answer = await requestPbx(url, "POST", "/calls?format=text", { ...call, wait_seconds: 20 });
    assert.equal(answer.text, "TIMEOUT\n");
    assert.ok(clock.sleeps.includes(20_000));
    await until(() => functions.listeners() === 0);
  });

  it("does not wait after a NAK", async () => {
    assert.equal(
      (await functions.pbx("POST", "/calls?format=text", { ...call, wait_seconds: 25 })).text,
      "NAK no_devices\n",
    );
  });

  it("works with GET, and answers at once when the result is known", async () => {
    await addLine(functions, 1);
    await functions.pbx("POST", "/calls", call);
    const waiting = functions.pbx("GET", `/calls/${call.call_id}?wait_seconds=25`);
    await until(() => functions.listeners() > 0);
    await report("ready");
    assert.equal((await waiting).body.status, "ready");
    assert.equal((await functions.pbx("GET", `/calls/${call.call_id}?wait_seconds=25`)).body.status, "ready");
    assert.equal((await functions.pbx("GET", "/calls/unknown?wait_seconds=25")).status, 404);
    assert.equal((await functions.pbx("GET", `/calls/${call.call_id}?wait_seconds=26`)).status, 400);
  });

  it("closes its listener when the PBX disconnects", async () => {
    const [token] = await addLine(functions, 1);
    const hangUp = new AbortController();
    const headers = { authorization: `Bearer ${demoKey}`, "content-type": "application/json" };
    const body = { ...call, wait_seconds: 25 };
    const waiting = functions.pbx("POST", "/calls", JSON.stringify(body), { headers, signal: hangUp.signal });
    await until(() => functions.fcm.messages(token).length === 1);
    await until(() => functions.listeners() > 0);
    hangUp.abort();
    await assert.rejects(waiting, { name: "AbortError" });
    await until(() => functions.listeners() === 0);
  });
});
