import assert from "node:assert/strict";
import { after, beforeEach, describe, it, type TestContext } from "node:test";
import { CallClient, type CallState } from "../../../packages/client/src/call-client.ts";
import { startHub } from "../../../local/pbx/hub.ts";
import { listenForPushes } from "../../../local/stack/pushes.ts";
import { alice, startFunctions } from "../../support/functions.ts";
import { addLine, call, callId, exten, pushesTo, resetState } from "../../support/line.ts";
import { CallableRefusal, callPush } from "../../support/phone.ts";
import { createTimerClock } from "../../support/timer-clock.ts";
import { until } from "../../support/until.ts";

const functions = await startFunctions();
const hub = await startHub();
after(async () => {
  await hub.close();
  await functions.close();
});
beforeEach(() => resetState(functions));

const callPath = `/calls/${call.call_id}`;

/** The app of a phone that FCM delivers to, before any push. */
async function startApp(t: TestContext, deviceId: string, token: string) {
  const told: string[] = [];
  const reports: string[] = [];
  const settings = Promise.withResolvers<void>();
  const client = new CallClient({
    deviceId,
    reportCall: async (report) => {
      reports.push(report.event);
      const { body } = await functions.call("reportCall", alice, report);
      if (body.error?.status === "PERMISSION_DENIED") throw new CallableRefusal();
      return body.result as CallState;
    },
    loadServerSettings: async () => {
      await settings.promise;
      return (await functions.call("getServerSettings", alice, {})).body.result;
    },
  });
  client.on("incoming", ({ name }) => told.push(`incoming ${name}`));
  client.on("ended", (_call, reason) => told.push(`ended ${reason}`));
  const pushes = await listenForPushes(`${functions.fcm.url}/emulator/v1/registrations/${token}/stream`);
  const handled: Promise<unknown>[] = [];
  const listening = (async () => {
    for (;;) handled.push(client.receivePush(await pushes.next()));
  })();
  t.after(async () => {
    client.close();
    pushes.close();
    await assert.rejects(listening, { name: "AbortError" });
  });
  return { client, told, reports, handled, finishWaking: () => settings.resolve() };
}

/** An iPhone that no end push reaches: it asks by its own clock. */
function startIphone(t: TestContext, deviceId: string) {
  const clock = createTimerClock();
  const told: string[] = [];
  const client = new CallClient({
    deviceId,
    clock,
    loadServerSettings: async () => ({ serverAddress: "127.0.0.1", serverPort: hub.port, serverSSL: false }),
    reportCall: async (report) => (await functions.call("reportCall", alice, report)).body.result as CallState,
  });
  client.on("incoming", () => told.push("incoming"));
  client.on("ended", (_call, reason) => told.push(`ended ${reason}`));
  t.after(() => client.close());
  return { client, clock, told };
}

async function startApps(t: TestContext, count: number) {
  const tokens = await addLine(functions, count);
  const { port } = hub;
  await functions.services.db
    .doc(`users/${alice.uid}`)
    .set({ serverAddress: "127.0.0.1", serverPort: port, serverSSL: false }, { merge: true });
  return Promise.all(tokens.map((token, index) => startApp(t, `phone-${index + 1}`, token)));
}

describe("an app built on the client, and the service", () => {
  it("is woken, connects, and ends the PBX's wait", async (t) => {
    const [app] = await startApps(t, 1);
    app!.finishWaking();
    const answer = await functions.pbx("POST", "/calls?format=text", { ...call, wait_seconds: 20 });
    assert.equal(answer.text.trim(), "READY");
    await until(() => app!.told.length === 1);
    assert.deepEqual(app!.told, ["incoming 홍길동"]);
    await app!.client.decline(app!.client.calls[0]!.id);
    assert.equal((await functions.pbx("GET", callPath)).body.status, "declined");
  });

  it("never rings when the caller hangs up while it wakes", async (t) => {
    const [app] = await startApps(t, 1);
    await functions.pbx("POST", "/calls", call);
    await until(() => app!.handled.length === 1);
    await functions.pbx("POST", `${callPath}/end`, { dialstatus: "CANCEL" });
    // The phone's own report may find the end before its push is sent, and sends it, too.
    await until(() => app!.handled.length >= 2);
    app!.finishWaking();
    await Promise.all(app!.handled);
    assert.deepEqual(app!.told, []);
    assert.equal(functions.listeners(), 0);
  });

  it("stops ringing when another phone answers", async (t) => {
    const apps = await startApps(t, 2);
    for (const app of apps) app.finishWaking();
    await functions.pbx("POST", "/calls", call);
    await until(() => apps.every(({ told }) => told.length === 1));
    await apps[0]!.client.answer(apps[0]!.client.calls[0]!.id);
    await until(() => apps[1]!.told.length === 2);
    assert.deepEqual(apps[1]!.told, ["incoming 홍길동", "ended answered_elsewhere"]);
    assert.equal(apps[0]!.client.calls[0]?.state, "active");
    const { body } = await functions.pbx("GET", callPath);
    assert.deepEqual([body.status, body.extens], ["answered", [exten]]);
  });

  it("rings again for the next try of the same call, and stays silent for a repeat of the first", async (t) => {
    const [app] = await startApps(t, 1);
    app!.finishWaking();
    const first = { ...call, ring_id: "try-1" };
    await functions.pbx("POST", "/calls", first);
    await until(() => app!.told.length === 1);
    await functions.pbx("POST", `${callPath}/end`, { ring_id: "try-1", dialstatus: "NOANSWER" });
    await until(() => app!.told.length === 2);
    await functions.pbx("POST", "/calls", first);
    await functions.pbx("POST", "/calls", { ...call, ring_id: "try-2" });
    await until(() => app!.told.length === 3);
    assert.deepEqual(app!.told, ["incoming 홍길동", "ended missed", "incoming 홍길동"]);
    assert.equal(app!.client.calls[0]?.pbxRingId, "try-2");
  });

  it("goes on talking when the PBX reports the answer, and shows the next ring as waiting", async (t) => {
    const [app] = await startApps(t, 1);
    app!.finishWaking();
    await functions.pbx("POST", "/calls", { ...call, ring_id: "try-1" });
    await until(() => app!.told.length === 1);
    await app!.client.answer(app!.client.calls[0]!.id);
    await functions.pbx("POST", `${callPath}/end`, { ring_id: "try-1", dialstatus: "ANSWER" });
    await functions.pbx("POST", "/calls", { ...call, ring_id: "try-2" });
    await until(() => app!.told.length === 2);
    assert.deepEqual(
      app!.client.calls.map(({ state, waiting }) => [state, waiting]),
      [
        ["active", false],
        ["ringing", true],
      ],
    );
  });

  for (const [name, end, reason] of [
    [
      "the caller hangs up",
      async () => functions.pbx("POST", `${callPath}/end`, { dialstatus: "CANCEL" }),
      "cancelled",
    ],
    [
      "another phone answers",
      async () => functions.call("reportCall", alice, { callId, deviceId: "phone-2", event: "answered" }),
      "answered_elsewhere",
    ],
  ] as const) {
    it(`stops within three seconds of its clock when ${name} and no push says so`, async (t) => {
      const [token] = await addLine(functions, 2);
      const { client, clock, told } = startIphone(t, "phone-1");
      await functions.pbx("POST", "/calls", call);
      const { data } = pushesTo(functions, token!)[0];
      assert.equal(await client.receivePush({ aps: {}, ...data }, { channel: "apns" }), "ringing");
      await end();
      clock.advance(3000);
      await until(() => told.length === 2);
      assert.deepEqual(told, ["incoming", `ended ${reason}`]);
      assert.equal(await client.receivePush(data), "over");
    });
  }

  it("tells the PBX that it could not get to it", async (t) => {
    const [app] = await startApps(t, 1);
    await functions.services.db.doc(`users/${alice.uid}`).set({});
    app!.finishWaking();
    await functions.pbx("POST", "/calls", call);
    await until(() => app!.reports.includes("failed"));
    await Promise.all(app!.handled);
    const [phone] = (await functions.pbx("GET", callPath)).body.devices;
    assert.deepEqual([phone.state, phone.failure], ["received", "no_settings"]);
    assert.deepEqual(app!.told, ["ended unreachable"]);
  });

  it("stays silent for a call that the service does not know, and asks once", async (t) => {
    const [app] = await startApps(t, 1);
    await app!.client.receivePush(callPush({ timestamp: new Date().toISOString(), expiresAt: "" }));
    assert.deepEqual([app!.told, app!.reports], [[], ["received"]]);
  });
});
