import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { Batcher } from "../../../functions/src/batcher.ts";
import { Breaker } from "../../../functions/src/breaker.ts";
import { systemClock } from "../../../functions/src/clock.ts";
import { createFcmClient } from "../../../functions/src/fcm/client.ts";
import { demoApns, voipTopic as topic } from "../../../harness/demo-apns.ts";
import { createTestClock } from "../../support/clock.ts";
import { changeDatabase, override } from "../../support/failing-services.ts";
import { alice, requestPbx, startFunctions } from "../../support/functions.ts";
import { addPhone, call, callId as ringId, devicePath, exten, resetState, ringPath } from "../../support/line.ts";
import { until } from "../../support/until.ts";

const functions = await startFunctions(demoApns);
after(() => functions.close());

const { fcm } = functions;

interface Iphone {
  readonly token: string;
  readonly voipToken: string;
}

type Environment = "production" | "sandbox";

/** Registers an iPhone of Alice; its app was built for `environment`, and says `says`. */
async function addIphone(environment: Environment = "production", says = environment, deviceId = "iphone") {
  const { token, voipToken } = fcm.createRegistration({ platform: "ios", environment });
  assert.ok(voipToken);
  await register({ token, voipToken }, says, deviceId);
  return { token, voipToken };
}

/** Registers an iPhone, as its app does at each start. */
async function register({ token, voipToken }: Iphone, environment: Environment, deviceId = "iphone"): Promise<void> {
  const registration = { kind: "token", value: token };
  const voip = { token: voipToken, topic, environment };
  const device = { deviceId, platform: "ios", registration, voip };
  const { status, text } = await functions.call("registerDevice", alice, device);
  assert.equal(status, 200, text);
}

/** Rings on this instance, or on another one at `url`. */
async function ring(change: object = {}, url = functions.urls.pbx) {
  const startedAt = performance.now();
  const { status, body } = await requestPbx(url, "POST", "/calls", { ...call, ...change });
  return { status, answer: body.status, accepted: body.accepted, ms: performance.now() - startedAt };
}

/** Which channel took which push, in order. */
function channelsTo({ token }: Iphone): string[] {
  return fcm.messages(token).map(({ channel }) => channel);
}

async function readDevice(deviceId = "iphone"): Promise<Record<string, any>> {
  return (await functions.services.db.doc(devicePath(deviceId)).get()).data() ?? {};
}

async function readPhone(): Promise<Record<string, any>> {
  return (await functions.pbx("GET", `/calls/${call.call_id}`)).body.devices[0];
}

/** Reports from the iPhone some time after its ring is recorded. */
async function reportSoon(event: string, afterMs = 0) {
  await until(async () => (await functions.services.db.doc(ringPath).get()).exists);
  await systemClock.sleep(afterMs);
  return functions.call("reportCall", alice, { callId: ringId, deviceId: "iphone", event });
}

/** The collections of a database that does not answer when one ring is read by itself. */
function withSilentRings(path: string): object {
  const collection = functions.services.db.collection(path);
  if (path !== "rings") return collection;
  const doc = (id: string) => override(collection.doc(id), { get: () => new Promise(() => undefined) });
  return override(collection, { doc });
}

describe("an iPhone with a VoIP token", () => {
  beforeEach(async () => {
    // A request that APNs has not answered yet would keep the next one waiting.
    await functions.services.late.settled();
    Object.assign(functions.services, { voipBreaker: new Breaker(systemClock) });
    await resetState(functions);
    await functions.pbx("PUT", `/lines/${exten}`, { uid: alice.uid });
  });

  it("rings by APNs alone, with the data of the FCM push, until the ring ends", async () => {
    const iphone = await addIphone();
    const { status, answer, accepted } = await ring();
    assert.deepEqual([status, answer, accepted], [200, "notified", 1]);
    assert.deepEqual(channelsTo(iphone), ["apns"]);
    const [push] = fcm.messages(iphone.voipToken) as any[];
    const { aps, ...data } = push.payload;
    assert.deepEqual(aps, {});
    const { callId, timestamp, expiresAt, ...rest } = data;
    assert.deepEqual(rest, {
      type: "incoming_call",
      linkedId: call.call_id,
      exten,
      callerId: call.caller_id,
      callerName: call.caller_name,
      callType: "voice",
    });
    assert.match(callId, /^[0-9a-f-]{36}$/);
    const ringMs = Date.parse(expiresAt) - Date.parse(timestamp);
    assert.ok(ringMs > (call.ring_seconds - 5) * 1000 && ringMs <= call.ring_seconds * 1000, `rings for ${ringMs} ms`);
    assert.equal(push.headers.expiration, Math.floor(Date.parse(expiresAt) / 1000));
    assert.deepEqual([push.headers.pushType, push.headers.priority, push.headers.topic], ["voip", 10, topic]);
    assert.deepEqual([(await readPhone()).channel, (await readPhone()).state], ["apns", "accepted"]);
  });

  it("gets a silent end push by FCM: CallKit shows the missed call", async () => {
    const iphone = await addIphone();
    await ring();
    assert.equal((await functions.pbx("POST", `/calls/${call.call_id}/end`, { dialstatus: "NOANSWER" })).status, 200);
    assert.deepEqual(channelsTo(iphone), ["apns", "fcm"]);
    const end = fcm.messages(iphone.token)[1]!.message as any;
    assert.deepEqual(end.apns.payload.aps, { "content-available": 1 });
    assert.deepEqual([end.data.type, end.data.reason], ["call_ended", "missed"]);
  });

  const refusals: readonly (readonly [string, object])[] = [
    ["refuses our key", { reason: "InvalidProviderToken" }],
    ["fails", { status: 500, reason: "InternalServerError", times: 10 }],
    ["is unavailable", { status: 503, reason: "ServiceUnavailable", times: 10 }],
    ["resets the connection", { drop: true, times: 10 }],
    ["gets too many pushes for this phone", { reason: "TooManyRequests", times: 10 }],
    ["does not know the topic", { reason: "DeviceTokenNotForTopic" }],
  ];
  for (const [what, fault] of refusals) {
    it(`rings once by FCM, within a second and a half, when APNs ${what}`, async () => {
      const iphone = await addIphone();
      fcm.addFault({ channel: "apns", ...fault });
      const { answer, accepted, ms } = await ring();
      assert.deepEqual([answer, accepted], ["notified", 1]);
      assert.ok(ms < 1500, `${ms} ms`);
      assert.deepEqual(channelsTo(iphone), ["fcm"]);
      assert.equal((await readPhone()).channel, "fcm");
      assert.equal((await readDevice())["voip"].token, iphone.voipToken);
    });
  }

  it("rings by FCM, too, a second after APNs has fallen silent: both pushes have one callId", async () => {
    const iphone = await addIphone();
    fcm.addFault({ channel: "apns", delay_ms: 2500 });
    const { answer, ms } = await ring();
    assert.equal(answer, "notified");
    assert.ok(ms > 900 && ms < 1500, `${ms} ms`);
    assert.equal((await readPhone()).channel, "fcm");
    const ids = fcm.messages(iphone.token).map((push: any) => push.payload?.callId ?? push.message?.data.callId);
    assert.equal(new Set(ids).size, 1);
  });

  for (const event of ["received", "declined", "answered"]) {
    it(`gets no alert when it has ${event} the call that APNs has delivered without an answer`, async () => {
      const iphone = await addIphone();
      fcm.addFault({ channel: "apns", delay_ms: 1500 });
      const before = functions.logged.length;
      const [{ answer, accepted }, { status }] = await Promise.all([ring(), reportSoon(event)]);
      assert.deepEqual([status, answer, accepted], [200, "notified", 1]);
      // FCM has sent nothing, so APNs has brought the call, whatever it says: CallKit shows it.
      const { state, channel } = await readPhone();
      assert.deepEqual([state, channel], [event, "apns"]);
      await functions.pbx("POST", `/calls/${call.call_id}/end`, { dialstatus: "NOANSWER" });
      const [end] = fcm.messages(iphone.token).filter((push) => push.channel === "fcm") as any[];
      assert.deepEqual(end?.message.apns.payload.aps, event === "received" ? { "content-available": 1 } : undefined);
      await functions.services.late.settled();
      assert.deepEqual(channelsTo(iphone), event === "received" ? ["apns", "fcm"] : ["apns"]);
      assert.ok(!functions.logged.slice(before).some((line) => line.includes("not_wanted")));
    });
  }

  const losses: readonly (readonly [string, readonly object[]])[] = [
    ["lost a kept connection", [{ drop: true, delay_ms: 400 }]],
    ["lost a kept connection and failed", [{ drop: true }, { status: 503, delay_ms: 400 }]],
    ["lost a kept connection and failed twice", [{ drop: true }, { status: 503 }, { status: 503, delay_ms: 300 }]],
  ];
  for (const [what, faults] of losses) {
    it(`gets no second push within the first second when it has reported the call and APNs ${what}`, async () => {
      const iphone = await addIphone();
      await ring({ call_id: "before" });
      for (const fault of faults) fcm.addFault({ channel: "apns", ...fault });
      const [{ status, answer }] = await Promise.all([ring(), reportSoon("received", 150)]);
      assert.deepEqual([status, answer], [200, "notified"]);
      assert.deepEqual(channelsTo(iphone), ["apns"]);
    });
  }

  const lost = { drop: true, delay_ms: 700 };
  for (const [fault, pushes] of [
    [lost, []],
    [{ delay_ms: 1500 }, ["apns"]],
  ] as const) {
    it(`gets no push after its user has erased everything: APNs' answer ${JSON.stringify(fault)}`, async () => {
      const iphone = await addIphone();
      await ring({ call_id: "before" });
      fcm.addFault({ channel: "apns", ...fault });
      const announced = ring();
      await until(async () => (await functions.services.db.doc(ringPath).get()).exists);
      assert.equal((await functions.call("eraseMyData", alice, {})).status, 200);
      await announced;
      await functions.services.late.settled();
      assert.deepEqual(channelsTo(iphone), ["apns", ...pushes]);
      assert.ok(!(await functions.services.db.doc(ringPath).get()).exists);
    });
  }

  it("keeps no end waiting when it comes while APNs and FCM are silent", async () => {
    await addIphone();
    const before = fcm.counters.faulted;
    for (const channel of ["apns", "fcm"] as const) fcm.addFault({ channel, delay_ms: 3500 });
    const announced = ring();
    await until(() => fcm.counters.faulted > before);
    const startedAt = performance.now();
    const end = await functions.pbx("POST", `/calls/${call.call_id}/end`, { dialstatus: "CANCEL" });
    await announced;
    const ms = performance.now() - startedAt;
    assert.equal(end.status, 200);
    assert.ok(ms < 2500, `${ms} ms`);
  });

  it("keeps no other phone ringing, and no end waiting, when its ring is over while APNs is silent", async () => {
    await addIphone();
    const android = await addPhone(functions, "android");
    fcm.addFault({ channel: "apns", delay_ms: 3000 });
    const another = await functions.servePbx({ ...functions.services, pushing: new Map(), batcher: new Batcher() });
    const announced = ring();
    await until(() => fcm.messages(android).length > 0);
    const [end, { ms }] = await Promise.all([
      requestPbx(another, "POST", `/calls/${call.call_id}/end`, { dialstatus: "CANCEL" }),
      announced,
    ]);
    assert.equal(end.status, 200);
    assert.ok(ms < 1800, `${ms} ms`);
    assert.equal((fcm.messages(android)[1] as any)?.message.data.type, "call_ended");
    const phones = (await functions.services.db.doc(ringPath).get()).get("phones");
    // The VoIP push may still have reached the iPhone.
    assert.deepEqual([phones.iphone.state, phones.iphone.toldAt !== undefined], ["ended", true]);
    assert.deepEqual([phones.android.state, phones.android.toldAt !== undefined], ["ended", true]);
  });

  it("is not kept waiting by an expired access token of FCM when APNs is silent", async () => {
    await addIphone();
    fcm.addFault({ channel: "apns", delay_ms: 1500 });
    const fetchToken = async () => {
      await systemClock.sleep(800);
      return { value: "owner", expiresAt: Date.now() + 3_600_000 };
    };
    const client = createFcmClient({ projectId: functions.projectId, emulatorHost: fcm.address, fetchToken });
    const { answer, ms } = await ring({}, await functions.servePbx({ ...functions.services, fcm: client }));
    await client.close();
    assert.equal(answer, "notified");
    assert.ok(ms < 1500, `${ms} ms`);
    assert.equal((await readPhone()).channel, "fcm");
  });

  it("is not kept waiting by a slow database when APNs is silent", async () => {
    const iphone = await addIphone();
    fcm.addFault({ channel: "apns", delay_ms: 2500 });
    const slow = changeDatabase(functions.services, { collection: withSilentRings });
    const { answer, ms } = await ring({}, await functions.servePbx(slow));
    assert.equal(answer, "notified");
    assert.ok(ms < 1800, `${ms} ms`);
    assert.ok(channelsTo(iphone).includes("fcm"));
  });

  it("gets no VoIP push after FCM has taken its call: APNs lost the connection too late", async () => {
    const iphone = await addIphone();
    await ring({ call_id: "before" });
    fcm.addFault({ channel: "apns", drop: true, delay_ms: 1500 });
    assert.equal((await ring()).answer, "notified");
    await functions.services.late.settled();
    assert.deepEqual(channelsTo(iphone), ["apns", "fcm"]);
  });

  it("gets no alert after APNs has taken its call: FCM failed too late", async () => {
    const iphone = await addIphone();
    fcm.addFault({ channel: "apns", delay_ms: 1300 });
    fcm.addFault({ channel: "fcm", status: 503, delay_ms: 500 });
    const { answer } = await ring();
    assert.equal(answer, "notified");
    assert.equal((await readPhone()).channel, "apns");
    // FCM's retry would have been sent before FCM takes this one.
    fcm.addFault({ channel: "apns", delay_ms: 1300 });
    await ring({ call_id: "next" });
    assert.deepEqual(channelsTo(iphone), ["apns", "apns", "fcm"]);
  });

  it("is found in the other environment by answers that come after FCM's, and rings by APNs next time", async () => {
    for (const faults of [{ delay_ms: 600, times: 2 }, { delay_ms: 1300 }]) {
      const iphone = await addIphone("sandbox", "production");
      fcm.addFault({ channel: "apns", ...faults });
      await ring({ call_id: `late-${faults.delay_ms}` });
      await functions.services.late.settled();
      assert.equal((await readDevice())["voip"].environment, "sandbox");
      await ring({ call_id: `next-${faults.delay_ms}` });
      assert.equal(channelsTo(iphone).at(-1), "apns");
    }
  });

  it("is recorded as one that shows the call when APNs takes the push after FCM: its end push is silent", async () => {
    const iphone = await addIphone();
    fcm.addFault({ channel: "apns", delay_ms: 1400 });
    await ring();
    const { accepted_at: acceptedAt, ...before } = await readPhone();
    assert.equal(before["channel"], "fcm");
    await functions.services.late.settled();
    assert.deepEqual(await readPhone(), { ...before, accepted_at: acceptedAt, channel: "apns" });
    await functions.pbx("POST", `/calls/${call.call_id}/end`, { dialstatus: "NOANSWER" });
    const end = fcm.messages(iphone.token).at(-1)!.message as any;
    assert.deepEqual([end.data.type, end.apns.payload.aps], ["call_ended", { "content-available": 1 }]);
  });

  it("loses a VoIP token that APNs calls dead after FCM has taken the call", async () => {
    await addIphone();
    fcm.addFault({ channel: "apns", reason: "Unregistered", delay_ms: 1300 });
    assert.equal((await ring()).answer, "notified");
    await functions.services.late.settled();
    assert.equal((await readDevice())["voip"], undefined);
  });

  it("keeps its VoIP token when three others have lost theirs within the hour, and loses it in the next one", async () => {
    const ids = ["a", "b", "c", "d"];
    const iphones = await Promise.all(ids.map(async (id) => addIphone("production", "production", id)));
    const clock = createTestClock();
    Object.assign(functions.services, { voipBreaker: new Breaker(clock) });
    const before = functions.logged.length;
    const ringDead = async (name: string) => {
      fcm.addFault({ channel: "apns", reason: "Unregistered", times: ids.length });
      assert.equal((await ring({ call_id: name })).accepted, ids.length);
      fcm.clearFaults();
      const devices = await Promise.all(ids.map(readDevice));
      return devices.flatMap(({ voip }) => voip?.token ?? []);
    };
    const kept = await ringDead("first");
    assert.equal(kept.length, 1);
    assert.ok(iphones.some(({ voipToken }) => voipToken === kept[0]));
    clock.advance(3_599_999);
    assert.deepEqual(await ringDead("second"), kept);
    const tripped = functions.logged.slice(before).filter((line) => line.includes("forget_breaker_tripped"));
    assert.deepEqual(
      tripped.map((line) => [JSON.parse(line).sent, JSON.parse(line).unregistered]),
      [[ids.length, ids.length]],
    );
    clock.advance(1);
    assert.deepEqual(await ringDead("third"), []);
  });

  it("loses a dead VoIP token that was registered before the service recorded when", async () => {
    await addIphone();
    const { registeredAt: _, ...voip } = (await readDevice())["voip"];
    await functions.services.db.doc(devicePath("iphone")).update({ voip });
    fcm.addFault({ channel: "apns", reason: "Unregistered" });
    const { status, answer } = await ring();
    assert.deepEqual([status, answer], [200, "notified"]);
    assert.equal((await readDevice())["voip"], undefined);
  });

  it("loses a dead VoIP token beside others that APNs has lost before their apps sent them", async () => {
    const ids = ["a", "b", "c", "d", "e"];
    const [first] = await Promise.all(ids.map(async (id) => addIphone("production", "production", id)));
    const dead = { channel: "apns", reason: "Unregistered" } as const;
    fcm.addFault({ ...dead, match: { token: first!.voipToken } });
    fcm.addFault({ ...dead, timestamp: Date.now() - 60_000, times: ids.length });
    await ring();
    const kept = await Promise.all(ids.map(async (id) => (await readDevice(id))["voip"] !== undefined));
    assert.deepEqual(kept, [false, true, true, true, true]);
  });

  it("may have rung if APNs lost the connection and refused the second try, and FCM failed as well", async () => {
    await addIphone();
    fcm.addFault({ channel: "apns", drop: true });
    fcm.addFault({ channel: "apns", reason: "InvalidProviderToken", times: 10 });
    fcm.addFault({ status: 503, times: 10 });
    assert.equal((await ring()).status, 502);
    assert.equal((await functions.pbx("POST", `/calls/${call.call_id}/end`, { dialstatus: "CANCEL" })).status, 503);
  });

  it("learns within two seconds that its ring is over, while FCM is silent", async () => {
    const iphone = await addIphone();
    await ring();
    const { callId } = (fcm.messages(iphone.voipToken)[0] as any).payload;
    fcm.addFault({ channel: "fcm", delay_ms: 6000, status: 503, times: 2 });
    const ended = functions.pbx("POST", `/calls/${call.call_id}/end`, { dialstatus: "CANCEL" });
    await until(async () => (await functions.pbx("GET", `/calls/${call.call_id}`)).body.status === "ended");
    const startedAt = performance.now();
    const report = { callId, deviceId: "iphone", event: "received" };
    assert.equal((await functions.call("reportCall", alice, report)).body.result.status, "ended");
    const ms = performance.now() - startedAt;
    assert.ok(ms < 2000, `${ms} ms`);
    await ended;
  });

  it("stays registered when FCM has lost it and APNs has not", async () => {
    const iphone = await addIphone();
    await ring();
    fcm.addFault({ channel: "fcm", error_code: "UNREGISTERED" });
    await functions.pbx("POST", `/calls/${call.call_id}/end`, { dialstatus: "CANCEL" });
    assert.equal((await readDevice())["voip"].token, iphone.voipToken);
  });

  it("is forgotten when FCM has lost it and this deployment sends no VoIP pushes to its topic", async () => {
    const { services } = functions;
    for (const apnsTopics of [[], ["com.other.app.voip"]]) {
      await addIphone();
      fcm.addFault({ channel: "fcm", error_code: "UNREGISTERED" });
      const instance = await functions.servePbx({ ...services, config: { ...services.config, apnsTopics } });
      await ring({ call_id: `topics-${apnsTopics.length}` }, instance);
      assert.deepEqual(await readDevice(), {});
    }
  });

  it("stays when FCM has lost it while the settings of APNs are wrong", async () => {
    const { voipToken } = await addIphone();
    fcm.addFault({ channel: "fcm", error_code: "UNREGISTERED" });
    const config = {
      ...functions.services.config,
      apnsTopics: [],
      apnsFaults: [{ name: "APNS_TOPICS", message: "x" }],
    };
    await ring({}, await functions.servePbx({ ...functions.services, config }));
    assert.equal((await readDevice())["voip"].token, voipToken);
  });

  it("stays when a function without Apple's key learns that FCM has lost it", async () => {
    const { voipToken } = await addIphone();
    await ring();
    fcm.addFault({ channel: "fcm", error_code: "UNREGISTERED" });
    const keyless = await functions.servePbx({ ...functions.services, apns: undefined });
    await requestPbx(keyless, "POST", `/calls/${call.call_id}/end`, { dialstatus: "CANCEL" });
    assert.equal((await readDevice())["voip"].token, voipToken);
  });

  it("rings by APNs when FCM is down", async () => {
    const iphone = await addIphone();
    fcm.addFault({ status: 503, times: 10 });
    assert.equal((await ring()).answer, "notified");
    assert.deepEqual(channelsTo(iphone), ["apns"]);
  });

  it("is found in the other environment, which is remembered", async () => {
    const iphone = await addIphone("sandbox", "production");
    assert.equal((await ring()).answer, "notified");
    assert.deepEqual(channelsTo(iphone), ["apns"]);
    assert.equal((await readDevice())["voip"].environment, "sandbox");
  });

  it("loses a dead VoIP token and rings by FCM", async () => {
    const iphone = await addIphone();
    fcm.addFault({ channel: "apns", reason: "Unregistered" });
    assert.equal((await ring()).answer, "notified");
    assert.deepEqual(channelsTo(iphone), ["fcm"]);
    assert.equal((await readDevice())["voip"], undefined);
  });

  it("keeps a VoIP token that it has registered since Apple lost it", async () => {
    const iphone = await addIphone();
    fcm.addFault({ channel: "apns", reason: "Unregistered", timestamp: Date.now() - 60_000 });
    await ring();
    assert.equal((await readDevice())["voip"].token, iphone.voipToken);
  });

  it("loses one that Apple has lost since, though the app has started again with it", async () => {
    const iphone = await addIphone();
    const timestamp = Date.now();
    await until(() => Date.now() > timestamp);
    await register(iphone, "production");
    fcm.addFault({ channel: "apns", reason: "Unregistered", timestamp });
    await ring();
    assert.equal((await readDevice())["voip"], undefined);
  });

  it("loses a dead one that its app has sent again, as soon as a day has passed", async () => {
    const hour = 3_600_000;
    for (const [hours, isKept] of [
      [23, true],
      [25, false],
    ] as const) {
      const { voipToken } = await addIphone();
      const registeredAt = new Date(Date.now() - hours * hour);
      await functions.services.db.doc(devicePath("iphone")).update({ "voip.registeredAt": registeredAt });
      fcm.addFault({ channel: "apns", reason: "Unregistered", timestamp: registeredAt.getTime() - hour });
      await ring({ call_id: `after-${hours}` });
      assert.equal((await readDevice())["voip"]?.token, isKept ? voipToken : undefined);
    }
  });

  it("rings by FCM alone if the topic is not one of ours", async () => {
    const { token } = fcm.createRegistration({ platform: "ios" });
    const voip = { token: "ab".repeat(32), topic: "com.other.app.voip", environment: "production" };
    const device = { deviceId: "iphone", platform: "ios", registration: { kind: "token", value: token }, voip };
    assert.equal((await functions.call("registerDevice", alice, device)).status, 200);
    assert.equal((await ring()).answer, "notified");
    assert.deepEqual(
      fcm.messages(token).map(({ channel }) => channel),
      ["fcm"],
    );
  });
});
