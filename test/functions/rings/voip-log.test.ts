import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { demoApns, voipTopic as topic } from "../../../harness/demo-apns.ts";
import { alice, startFunctions } from "../../support/functions.ts";
import { addPhone, call, callId, exten, resetState } from "../../support/line.ts";

const functions = await startFunctions(demoApns);
after(() => functions.close());
const { fcm } = functions;

let voipToken = "";

/** Registers an iPhone of Alice. */
async function addIphone(voipTopic = topic): Promise<void> {
  const created = fcm.createRegistration({ platform: "ios" });
  voipToken = created.voipToken ?? "";
  const voip = { token: voipToken, topic: voipTopic, environment: "production" };
  const registration = { kind: "token", value: created.token };
  const { status, text } = await functions.call("registerDevice", alice, {
    deviceId: "iphone",
    platform: "ios",
    registration,
    voip,
  });
  assert.equal(status, 200, text);
}

/** Rings, and returns the lines about it: `pushes`, and `woken` of the ring; `late`: with those after its answer. */
async function ring({ late = false } = {}): Promise<{ pushes: any[]; woken: any }> {
  const before = functions.logged.length;
  await functions.pbx("POST", "/calls", call);
  if (late) await functions.services.late.settled();
  const lines = functions.logged.slice(before).filter((line) => line.startsWith("{"));
  const logged = lines.map((line): any => JSON.parse(line));
  const text = lines.join("\n");
  // Neither the token nor its beginning.
  assert.ok(voipToken === "" || !text.includes(voipToken.slice(0, 8)), text);
  return {
    pushes: logged.filter(({ message }) => message.startsWith("voip_push_")),
    woken: logged.find(({ message }) => message === "call_woken"),
  };
}

const usual = { callId, deviceId: "iphone" };

describe("the log of an iPhone's ring", () => {
  beforeEach(async () => {
    await functions.services.late.settled();
    await resetState(functions);
    voipToken = "";
    await functions.pbx("PUT", `/lines/${exten}`, { uid: alice.uid });
  });

  it("names the channel, and has no line of its own if APNs takes the push", async () => {
    await addIphone();
    const { pushes, woken } = await ring();
    assert.deepEqual([pushes, woken.channel, woken.callId], [[], "apns", callId]);
  });

  it("names both channels of a ring that Android's phones share, or that no phone has", async () => {
    const none = await ring();
    assert.deepEqual([none.pushes, none.woken.channel], [[], "none"]);
    await addIphone();
    const token = await addPhone(functions, "android");
    assert.equal((await ring()).woken.channel, "both");
    assert.equal(fcm.messages(token).length, 1);
  });

  /** What APNs answers, and the line. */
  const failures = [
    ["our key", { reason: "InvalidProviderToken" }, "ERROR", "voip_push_rejected", "InvalidProviderToken"],
    ["the topic", { reason: "TopicDisallowed" }, "ERROR", "voip_push_rejected", "TopicDisallowed"],
    [
      "it for now",
      { reason: "ServiceUnavailable", times: 9 },
      "WARNING",
      "voip_push_unavailable",
      "ServiceUnavailable",
    ],
    ["a dead token", { reason: "Unregistered" }, "INFO", "voip_push_unregistered", "Unregistered"],
    ["it by silence", { delay_ms: 1500 }, "WARNING", "voip_push_unavailable", "no_answer"],
  ] as const;
  for (const [what, fault, severity, message, code] of failures) {
    it(`says that FCM covers for APNs, which refuses ${what}`, async () => {
      await addIphone();
      fcm.addFault({ channel: "apns", ...fault });
      const { pushes, woken } = await ring();
      const [{ reason, ...line }, ...more] = pushes;
      assert.deepEqual(more, []);
      assert.deepEqual(line, { severity, message, ...usual, code, carriedBy: "fcm" });
      assert.equal(typeof reason, severity === "ERROR" ? "string" : "undefined");
      assert.deepEqual([woken.channel, woken.accepted], ["fcm", 1]);
    });
  }

  /** What APNs answers after FCM has taken the call, and the lines. */
  const lateAnswers = [
    ["a refusal", { reason: "DeviceTokenNotForTopic" }, ["voip_push_rejected DeviceTokenNotForTopic"]],
    ["a dead token", { reason: "Unregistered" }, ["voip_push_unregistered Unregistered"]],
    ["a failure", { reason: "InternalServerError" }, []],
    ["that it takes the push", {}, []],
  ] as const;
  for (const [what, fault, lines] of lateAnswers) {
    it(`names ${what} that APNs reports late in a line of its own`, async () => {
      await addIphone();
      fcm.addFault({ channel: "apns", ...fault, delay_ms: 1300 });
      const { pushes } = await ring({ late: true });
      const said = pushes.map(({ message, code }) => `${message} ${code}`);
      assert.deepEqual(said, ["voip_push_unavailable no_answer", ...lines]);
      assert.ok(pushes.every(({ carriedBy }) => carriedBy === "fcm"));
    });
  }

  it("says that nothing has carried it when FCM fails as well", async () => {
    await addIphone();
    fcm.addFault({ channel: "apns", reason: "InternalServerError", times: 9 });
    fcm.addFault({ status: 503, times: 9 });
    const { pushes, woken } = await ring();
    assert.deepEqual(
      pushes.map(({ message, code, carriedBy }) => [message, code, carriedBy]),
      [["voip_push_unavailable", "InternalServerError", "none"]],
    );
    assert.equal(woken.channel, "none");
  });

  it("has no such line for a phone that APNs is not asked about", async () => {
    await addIphone("com.example.other.voip");
    const { pushes, woken } = await ring();
    assert.deepEqual([pushes, woken.channel], [[], "fcm"]);
  });
});
