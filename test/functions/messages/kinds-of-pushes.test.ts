import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { pathDaily, saveLocation } from "../../../functions/src/campaigns/campaign.ts";
import { startRun } from "../../../functions/src/campaigns/start-run.ts";
import { alice, startFunctions } from "../../support/functions.ts";
import { addLine, call, exten, pushesTo, resetState } from "../../support/line.ts";

const functions = await startFunctions({ AUDIENCE_SHARDS: "1", CAMPAIGN_RAMP_SECONDS: "0" });
after(() => functions.close());
await functions.deliverMessages();

const notice = { title: "a", body: "b" };

/** Registers a phone of Alice; returns its token. */
async function register(platform: "android" | "ios" | "web", facts?: object): Promise<string> {
  const { token } = functions.fcm.createRegistration({ platform });
  const registration = { kind: "token", value: token };
  const { status, text } = await functions.call("registerDevice", alice, {
    deviceId: "phone-1",
    platform,
    registration,
    facts,
  });
  assert.equal(status, 200, text);
  return token;
}

async function ringAndEnd(): Promise<void> {
  assert.equal((await functions.pbx("POST", "/calls", call)).body.accepted, 1);
  assert.equal((await functions.pbx("POST", `/calls/${call.call_id}/end`, { dialstatus: "ANSWER" })).status, 200);
}

/** Every kind of push, to one phone, by the service's own doors. */
async function sendEverything(): Promise<any[]> {
  const [token] = await addLine(functions, 1);
  await ringAndEnd();
  await functions.pbx("POST", "/send", { fcm_token: token, ...notice });
  await functions.pbx("POST", "/send-batch", { tokens: [token], ...notice });
  for (const more of [notice, { silent: true }]) await functions.pbx("POST", "/pushes", { target: { exten }, ...more });
  for (const campaign of [saveLocation, pathDaily]) {
    await startRun(functions.services, { campaign, scheduledAt: Date.now() });
  }
  await functions.settleMessages();
  return pushesTo(functions, token!);
}

/** The kind of a push, by what a phone gets of it. */
function kindOf({ data: { type, campaign } = {} }: any): string {
  if (type === "incoming_call") return "call";
  if (type === "call_ended") return "end";
  if (type === "silent" || type === "notice") return campaign === undefined ? "reserved" : "campaign";
  return "send";
}

describe("every kind of push", () => {
  beforeEach(() => resetState(functions));

  it("has its label in FCM's reports, which names neither the user nor the call", async () => {
    const sent = await sendEverything();
    assert.equal(sent.length, 8);
    for (const push of sent) assert.deepEqual(push.fcm_options, { analytics_label: kindOf(push) });
    const labels = new Set(sent.map((push) => push.fcm_options.analytics_label));
    assert.deepEqual(labels, new Set(["call", "campaign", "end", "reserved", "send"]));
    for (const label of labels) assert.match(label, /^[a-zA-Z0-9-_.~%]{1,50}$/);
  });

  it("has high priority on Android only if the phone shows something for it: FCM lowers it otherwise", async () => {
    const sent = await sendEverything();
    const high = sent.filter(({ android }) => android?.priority === "high");
    assert.deepEqual(high.map(kindOf).toSorted(), ["call", "send"]);
    for (const push of high) assert.ok(kindOf(push) === "call" || push.notification !== undefined);
    const end = sent.find((push) => kindOf(push) === "end");
    assert.deepEqual(end.android, { priority: "normal", ttl: "60s" });
    // A browser and an iPhone know no such rule.
    assert.deepEqual([end.webpush.headers.Urgency, end.apns.headers["apns-priority"]], ["high", "5"]);
  });
});

describe("android_v2", () => {
  beforeEach(async () => {
    await resetState(functions);
    await functions.pbx("PUT", `/lines/${exten}`, { uid: alice.uid });
  });

  it("replaces android in the call push to a phone whose app asks for it, and only there", async () => {
    const token = await register("android", { androidV2: true });
    await ringAndEnd();
    const [ringing, end] = pushesTo(functions, token);
    assert.equal(ringing.android, undefined);
    const { ttl, remote_notification } = ringing.android_v2;
    assert.match(ttl, /^(?:29|30)s$/);
    assert.deepEqual(remote_notification, {
      notification: ringing.apns.payload.aps.alert,
      mutable_content: true,
      use_as_v1_data_message: true,
    });
    assert.equal(ringing.notification, undefined);
    assert.deepEqual([ringing.data.type, ringing.data.callerName], ["incoming_call", call.caller_name]);
    assert.deepEqual([end.android_v2, end.android.priority], [undefined, "normal"]);
  });

  for (const [what, platform, facts] of [
    ["says nothing of it", "android", undefined],
    ["says that it does not know it", "android", { androidV2: false }],
    ["says so in words", "android", { androidV2: "true" }],
    ["is on an iPhone", "ios", { androidV2: true }],
    ["is a browser", "web", { androidV2: true }],
  ] as const) {
    it(`is not sent if the app ${what}`, async () => {
      const token = await register(platform, facts);
      await ringAndEnd();
      const [ringing] = pushesTo(functions, token);
      assert.equal(ringing.android_v2, undefined);
      assert.match(ringing.android.priority, /^high$/);
    });
  }

  it("is for the phones of a line that ask for it, and no others", async () => {
    const v2 = await register("android", { androidV2: true });
    const { token } = functions.fcm.createRegistration();
    const other = { deviceId: "phone-2", platform: "android", registration: { kind: "token", value: token } };
    assert.equal((await functions.call("registerDevice", alice, other)).status, 200);
    assert.equal((await functions.pbx("POST", "/calls", call)).body.accepted, 2);
    assert.deepEqual(Object.hasOwn(pushesTo(functions, v2)[0], "android_v2"), true);
    assert.deepEqual(pushesTo(functions, token)[0].android.priority, "high");
  });
});
