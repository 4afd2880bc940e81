import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { Breaker } from "../../../functions/src/breaker.ts";
import { systemClock } from "../../../functions/src/clock.ts";
import { demoApns, voipTopic as topic } from "../../../harness/demo-apns.ts";
import { alice, startFunctions } from "../../support/functions.ts";
import { addPhone, call, callId, devicePath, exten, resetState, ringPath } from "../../support/line.ts";

const functions = await startFunctions(demoApns);
after(() => functions.close());

const { fcm } = functions;

beforeEach(async () => {
  await functions.services.late.settled();
  Object.assign(functions.services, { voipBreaker: new Breaker(systemClock) });
  await resetState(functions);
  await functions.pbx("PUT", `/lines/${exten}`, { uid: alice.uid });
});

const readRing = async (path = ringPath): Promise<any> => (await functions.services.db.doc(path).get()).data();
const readPhone = async (deviceId = "phone-1") => (await readRing()).phones[deviceId];
const ring = async (change: object = {}) => functions.pbx("POST", "/calls", { ...call, ...change });
const report = async (event: string, deviceId = "phone-1") =>
  functions.call("reportCall", alice, { callId, deviceId, event });

async function register(fields: object): Promise<void> {
  const { status, text } = await functions.call("registerDevice", alice, {
    deviceId: "phone-1",
    platform: "android",
    ...fields,
  });
  assert.equal(status, 200, text);
}

async function addIphone(environment: "production" | "sandbox" = "production", says = environment) {
  const { token, voipToken } = fcm.createRegistration({ platform: "ios", environment });
  assert.ok(voipToken);
  const voip = { token: voipToken, topic, environment: says };
  await register({ deviceId: "iphone", platform: "ios", registration: { kind: "token", value: token }, voip });
  return { token, voipToken };
}

describe("what a ring keeps of its phones", () => {
  it("is what the device was at the push, and stays when the device is forgotten", async () => {
    const { token } = fcm.createRegistration();
    const facts = {
      os: "android",
      osVersion: "14",
      model: "SM-S921N",
      notifications: true,
      fullScreen: false,
      batteryRestricted: true,
    };
    await register({
      registration: { kind: "token", value: token },
      appVersion: "2.3.1",
      locale: "ko-KR",
      facts: { ...facts, own: "x" },
    });
    const { lastSeenAt } = (await functions.services.db.doc(devicePath("phone-1")).get()).data() as any;
    fcm.setState(token, "uninstalled");
    await ring();
    assert.equal((await functions.services.db.doc(devicePath("phone-1")).get()).exists, false);
    const { device, said } = await readPhone();
    assert.deepEqual(
      { ...device, lastSeenAt: 0 },
      { platform: "android", ...facts, appVersion: "2.3.1", lastSeenAt: 0 },
    );
    assert.ok(device.lastSeenAt.isEqual(lastSeenAt));
    assert.deepEqual([said.fcm.status, said.fcm.code, said.apns], ["unregistered", "UNREGISTERED", undefined]);
    assert.ok(!JSON.stringify(await readRing()).includes(token.slice(0, 12)));
  });

  it("leaves out what an app says in a wrong form", async () => {
    const { token } = fcm.createRegistration();
    await register({
      registration: { kind: "token", value: token },
      facts: { os: true, model: "", notifications: "yes" },
    });
    await ring();
    const { device } = await readPhone();
    assert.deepEqual(Object.keys(device).toSorted(), ["lastSeenAt", "platform"]);
  });

  it("is there for a phone that reports before its push is recorded", async () => {
    const token = await addPhone(functions, "phone-1");
    fcm.addFault({ match: { token }, status: 200, delay_ms: 300 });
    const ringing = ring();
    for (let status = 0; status !== 200;) ({ status } = await report("received"));
    await ringing;
    const { state, device } = await readPhone();
    assert.deepEqual([state, device.platform], ["received", "android"]);
  });

  it("says nothing of a service that just accepted the push", async () => {
    await addPhone(functions, "phone-1");
    await ring();
    assert.equal((await readPhone()).said, undefined);
  });

  it("is what APNs said beside what FCM said, and when", async () => {
    await addIphone();
    fcm.addFault({ channel: "apns", reason: "InvalidProviderToken" });
    await ring();
    const { state, said, device, createdAt } = {
      ...(await readPhone("iphone")),
      createdAt: (await readRing()).createdAt,
    };
    assert.deepEqual([state, device.voip], ["accepted", "production"]);
    assert.deepEqual([said.apns.status, said.apns.code], ["rejected", "InvalidProviderToken"]);
    assert.equal(said.fcm.status, "accepted");
    assert.ok(createdAt.toMillis() <= said.apns.at.toMillis() && said.apns.at.toMillis() <= said.fcm.at.toMillis());
  });

  it("names the other environment when the VoIP token belongs there", async () => {
    await addIphone("sandbox", "production");
    await ring();
    const { said, device } = await readPhone("iphone");
    assert.deepEqual([said.apns.status, said.apns.environment, device.voip], ["accepted", "sandbox", "production"]);
  });

  it("has APNs' refusal that came after the ring was settled, and FCM's answer stays the phone's", async () => {
    await addIphone();
    fcm.addFault({ channel: "apns", reason: "Unregistered", delay_ms: 1300 });
    await ring();
    assert.equal((await readPhone("iphone")).said.apns.code, "no_answer");
    await functions.services.late.settled();
    const { state, error, said } = await readPhone("iphone");
    assert.deepEqual([state, error, said.apns.code], ["accepted", undefined, "Unregistered"]);
    assert.ok(said.apns.at.toMillis() - (await readRing()).createdAt.toMillis() >= 1300);
  });

  it("is the latest answer when the same ring is pushed again", async () => {
    const token = await addPhone(functions, "phone-1");
    fcm.addFault({ match: { token }, status: 503, times: 2 });
    await ring({ ring_id: "r1" });
    await ring({ ring_id: "r1" });
    const { docs } = await functions.services.db.collection("rings").get();
    const { state, said } = (docs[0]!.data() as any).phones["phone-1"];
    assert.deepEqual([state, said.fcm.status, said.fcm.code], ["accepted", "accepted", undefined]);
  });

  it("has the time of a phone's own end, and none of one that confirms that it was told", async () => {
    await addPhone(functions, "phone-1");
    await ring();
    await report("ended");
    assert.ok((await readPhone()).endedAt);
    await addPhone(functions, "phone-2");
    await ring({ call_id: "2.2", ring_id: "r2" });
    await functions.pbx("POST", "/calls/2.2/end", { ring_id: "r2" });
    const { docs } = await functions.services.db.collection("rings").where("pbxRingId", "==", "r2").get();
    const [second] = docs;
    await functions.call("reportCall", alice, { callId: second!.id, deviceId: "phone-2", event: "ended" });
    const confirmed = await second!.ref.get();
    assert.ok(confirmed.updateTime!.isEqual(second!.updateTime));
    assert.equal((confirmed.data() as any).phones["phone-2"].endedAt, undefined);
  });

  it("tells an exten without a line from a user without a phone", async () => {
    assert.equal((await ring()).status, 404);
    assert.equal((await ring({ call_id: "2.2", exten: "999" })).status, 404);
    const { docs } = await functions.services.db.collection("rings").get();
    const known = new Map(docs.map((doc) => [doc.get("exten"), doc.data() as any]));
    assert.deepEqual([known.get(exten).uid, known.get(exten).answer.status], [alice.uid, "no_devices"]);
    assert.deepEqual([known.get("999").uid, known.get("999").answer.status], [undefined, "no_devices"]);
  });
});
