import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { Breaker } from "../../../functions/src/breaker.ts";
import { systemClock } from "../../../functions/src/clock.ts";
import { demoApns, voipTopic as topic } from "../../../harness/demo-apns.ts";
import { createTurnableClock } from "../../lives/turnable-clock.ts";
import { alice, startFunctions } from "../../support/functions.ts";
import { call, exten, resetState } from "../../support/line.ts";

const functions = await startFunctions(demoApns);
after(async () => {
  Object.assign(functions.services, { clock: systemClock });
  await functions.close();
});

const { fcm } = functions;
let clock = createTurnableClock();

beforeEach(async () => {
  await functions.services.late.settled();
  clock = createTurnableClock();
  Object.assign(functions.services, { clock, voipBreaker: new Breaker(systemClock) });
  await resetState(functions);
  await functions.pbx("PUT", `/lines/${exten}`, { uid: alice.uid });
});

async function add(deviceId: string, fields: object = {}): Promise<string> {
  const { token } = fcm.createRegistration();
  const device = { deviceId, platform: "android", registration: { kind: "token", value: token }, ...fields };
  assert.equal((await functions.call("registerDevice", alice, device)).status, 200);
  return token;
}

async function addIphone(environment: "production" | "sandbox"): Promise<void> {
  const { token, voipToken } = fcm.createRegistration({ platform: "ios", environment });
  const voip = { token: voipToken, topic, environment: "production" };
  await add("phone-1", { platform: "ios", registration: { kind: "token", value: token }, voip });
}

const ring = async (fields: object = {}) => functions.pbx("POST", "/calls", { ...call, ring_id: "r1", ...fields });
const end = async (fields: object) => functions.pbx("POST", `/calls/${call.call_id}/end`, { ring_id: "r1", ...fields });

async function report(event: string, fields: object = {}, deviceId = "phone-1"): Promise<void> {
  const { docs } = await functions.services.db.collection("rings").get();
  const { status, text } = await functions.call("reportCall", alice, {
    callId: docs[0]!.id,
    deviceId,
    event,
    ...fields,
  });
  assert.equal(status, 200, text);
}

const iso = (ms: number) => new Date(clock.now() + ms).toISOString();

/** What happens to phone-1, and the cause that a support person must hear when the ring is over. */
const planted: Record<string, readonly [cause: string, happens: () => Promise<unknown>]> = {
  "the app was uninstalled": [
    "app_uninstalled",
    async () => {
      fcm.setState(await add("phone-1"), "uninstalled");
      await ring();
    },
  ],
  "the app is of another project": [
    "sender_mismatch",
    async () => {
      fcm.addFault({ match: { token: await add("phone-1") }, status: 403, error_code: "SENDER_ID_MISMATCH" });
      await ring();
    },
  ],
  "FCM is down": [
    "fcm_down",
    async () => {
      fcm.addFault({ match: { token: await add("phone-1") }, status: 503, times: 9 });
      await ring();
    },
  ],
  "the phone is off": [
    "phone_offline",
    async () => {
      await add("phone-1");
      await ring();
    },
  ],
  "the phone wakes ten seconds after the ring": [
    "late",
    async () => {
      await add("phone-1");
      await ring();
      clock.turn(40_000);
      await report("received");
    },
  ],
  "its battery is saved": [
    "battery_restricted",
    async () => {
      await add("phone-1", { facts: { batteryRestricted: true } });
      await ring();
    },
  ],
  "it has no socket": [
    "no_connection",
    async () => {
      await add("phone-1");
      await ring();
      await report("received");
      clock.turn(30_100);
      await report("failed", { reason: "no_connection" });
    },
  ],
  "it has no settings": [
    "no_settings",
    async () => {
      await add("phone-1");
      await ring();
      await report("failed", { reason: "no_settings" });
    },
  ],
  "it has no permission": [
    "no_permission",
    async () => {
      await add("phone-1");
      await ring();
      await report("failed", { reason: "no_permission" });
    },
  ],
  "the caller gives up first": [
    "caller_gave_up",
    async () => {
      await add("phone-1");
      await ring();
      clock.turn(1500);
      await end({ dialstatus: "CANCEL" });
    },
  ],
  "the caller gives up, and the phone wakes then": [
    "caller_gave_up",
    async () => {
      await add("phone-1");
      await ring();
      clock.turn(1500);
      await end({ dialstatus: "CANCEL" });
      clock.turn(6000);
      await report("received");
    },
  ],
  "it is declined elsewhere": [
    "declined_elsewhere",
    async () => {
      await add("phone-1");
      await ring();
      await report("ready");
      clock.turn(6000);
      await end({ reason: "declined" });
    },
  ],
  "it is declined here": [
    "declined_here",
    async () => {
      await add("phone-1");
      await ring();
      await report("declined");
    },
  ],
  "it is answered on another phone": [
    "answered_elsewhere",
    async () => {
      await add("phone-1");
      await add("phone-2");
      await ring();
      await report("answered", {}, "phone-2");
    },
  ],
  "it is answered at a desk phone": [
    "answered_elsewhere",
    async () => {
      await add("phone-1");
      await ring();
      await report("ready");
      clock.turn(9000);
      await end({ dialstatus: "ANSWER" });
    },
  ],
  "its priority was lowered": [
    "deprioritised",
    async () => {
      await add("phone-1");
      await ring();
      clock.turn(40_000);
      await report("received", { facts: { priority: "normal", originalPriority: "high" } });
    },
  ],
  "its clock is slow": [
    "clock_wrong",
    async () => {
      await add("phone-1");
      await ring();
      await report("received", { facts: { sentAt: iso(0), receivedAt: iso(-600_000) } });
    },
  ],
  "our key for Apple is wrong": [
    "apns_key",
    async () => {
      await addIphone("production");
      fcm.addFault({ channel: "apns", reason: "InvalidProviderToken", times: 9 });
      await ring();
    },
  ],
  "its VoIP token is of the other environment": [
    "apns_environment",
    async () => {
      await addIphone("sandbox");
      await ring();
    },
  ],
  "APNs does not answer": [
    "alert_only",
    async () => {
      await addIphone("production");
      fcm.addFault({ channel: "apns", reason: "InternalServerError", delay_ms: 1300 });
      await ring();
    },
  ],
  "the ring is too short": [
    "ring_too_short",
    async () => {
      await add("phone-1");
      await ring({ ring_seconds: 5 });
    },
  ],
  "it rings and nobody answers": [
    "not_answered",
    async () => {
      await add("phone-1");
      await ring();
      await report("ready");
    },
  ],
  "it rings, and says that its ring time is over": [
    "not_answered",
    async () => {
      await add("phone-1");
      await ring();
      await report("ready");
      clock.turn(30_200);
      await report("ended");
    },
  ],
  "it is answered on the system's screen, and has no socket": [
    "no_connection",
    async () => {
      await add("phone-1");
      await ring();
      await report("answered");
      clock.turn(35_000);
      await report("failed", { reason: "no_connection" });
      await report("ended");
    },
  ],
  "it declines what a desk phone has answered": [
    "answered_elsewhere",
    async () => {
      await add("phone-1");
      await ring();
      await report("ready");
      clock.turn(4000);
      await end({ dialstatus: "ANSWER" });
      clock.turn(3000);
      await report("declined");
    },
  ],
  "the app is killed": [
    "app_died",
    async () => {
      await add("phone-1");
      await ring();
      await report("received");
    },
  ],
  "the line is busy": [
    "busy",
    async () => {
      await add("phone-1");
      await ring();
      await end({ dialstatus: "BUSY" });
    },
  ],
  "the exten has no line": [
    "no_line",
    async () => {
      await ring({ exten: "999" });
    },
  ],
  "the exten is written in another way": [
    "exten_misspelt",
    async () => {
      await ring({ exten: exten.replace(/^0/, "+82") });
    },
  ],
  "the user has no phone": [
    "no_device",
    async () => {
      await ring();
    },
  ],
};

describe("a planted cause is the verdict", () => {
  for (const [what, [cause, happens]] of Object.entries(planted)) {
    it(`${cause}: ${what}`, async () => {
      await happens();
      clock.turn(31_000);
      const { status, body } = await functions.pbx("GET", `/calls/${call.call_id}?verdict=true`);
      assert.equal(status, 200);
      const [{ cause: own, phones }] = body.verdict;
      assert.equal(own ?? phones.find(({ device_id }: any) => device_id === "phone-1").cause, cause);
    });
  }

  it("under_way: asked while it rings", async () => {
    await add("phone-1");
    await ring();
    const { body } = await functions.pbx("GET", `/calls/${call.call_id}?verdict=true`);
    assert.equal(body.verdict[0].phones[0].cause, "under_way");
  });
});
