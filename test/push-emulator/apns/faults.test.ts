import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";

import { startPushEmulator } from "../../../packages/push-emulator/src/emulator.ts";
import type { PushEmulator } from "../../../packages/push-emulator/src/emulator.ts";
import type { Registration } from "../../../packages/push-emulator/src/registrations.ts";
import { buildSend, openHttp1, openHttp2 } from "../connection.ts";
import type { Connection, Reply } from "../connection.ts";
import { createManualClock } from "../manual-clock.ts";
import type { ManualClock } from "../manual-clock.ts";
import { APPLE_REASONS } from "./apple-reasons.ts";
import { buildPush, signToken } from "./sender.ts";

const FAULTS = "/emulator/v1/faults";

describe("a scripted fault of APNs", () => {
  let emulator: PushEmulator;
  let clock: ManualClock;
  let fcm: Connection;
  let apns: Connection;
  let phone: Registration;
  let providerToken: string;

  beforeEach(async () => {
    clock = createManualClock();
    emulator = await startPushEmulator({ port: 0, clock });
    [fcm, apns] = [openHttp1(emulator.url), openHttp2(emulator.apns.production.url)];
    phone = emulator.createRegistration({ platform: "ios" });
    providerToken = signToken({ issuedAt: clock.now() });
  });
  afterEach(async () => {
    fcm.close();
    apns.close();
    await emulator.close();
  });

  const script = (body: object): Promise<Reply> =>
    fcm.ask({ method: "POST", path: FAULTS, body: { channel: "apns", ...body } });
  const ring = (to = phone.voipToken ?? ""): Promise<Reply> => apns.ask(buildPush(to, providerToken));
  const send = (): Promise<Reply> => fcm.ask(buildSend({ message: { token: phone.token } }));

  it("can be any of Apple's reasons, with Apple's status, and a timestamp with 410 only", async () => {
    for (const [reason, status] of APPLE_REASONS) {
      assert.equal((await script({ reason })).status, 201);
      const reply = await ring();
      assert.deepEqual([reply.status, reply.headers["content-type"]], [status, "application/json"]);
      assert.deepEqual(reply.json, status === 410 ? { reason, timestamp: clock.now() } : { reason });
    }
    assert.equal((await ring()).status, 200);
    await script({ reason: "ExpiredToken", timestamp: 1_763_712_000_123 });
    assert.deepEqual((await ring()).json, { reason: "ExpiredToken", timestamp: 1_763_712_000_123 });
  });

  it("has its usual reason for a status alone, and can have another status or a raw body", async () => {
    for (const [status, reason] of [
      [410, "Unregistered"],
      [413, "PayloadTooLarge"],
      [429, "TooManyRequests"],
      [500, "InternalServerError"],
      [503, "ServiceUnavailable"],
    ] as const) {
      await script({ status });
      const reply = await ring();
      assert.deepEqual([reply.status, reply.json.reason], [status, reason]);
    }
    await script({ status: 500, reason: "Shutdown" });
    assert.deepEqual([(await ring()).status], [500]);
    await script({ status: 502, body: "<p>", content_type: "text/html" });
    const page = await ring();
    assert.deepEqual([page.status, page.text, page.headers["content-type"]], [502, "<p>", "text/html"]);
  });

  it("leaves FCM alone, as those of FCM leave APNs alone, in one list", async () => {
    await script({ reason: "Forbidden" });
    emulator.addFault({ error_code: "INTERNAL" });
    emulator.addFault({ channel: "fcm", error_code: "UNAVAILABLE", match: { token: phone.voipToken ?? "" } });
    const { faults } = (await fcm.ask({ path: FAULTS })).json;
    assert.deepEqual(
      faults.map((fault: { id: number; channel: string }) => [fault.id, fault.channel]),
      [
        [1, "apns"],
        [2, "fcm"],
        [3, "fcm"],
      ],
    );
    const statuses = [await send(), await ring(), await send(), await ring()].map(({ status }) => status);
    assert.deepEqual(statuses, [500, 403, 200, 200]);
    assert.equal((await fcm.ask({ method: "DELETE", path: FAULTS })).json.cleared, 1);
  });

  it("applies to one phone, named by any of its addresses, as often as it says", async () => {
    const other = emulator.createRegistration({ platform: "ios" }).voipToken;
    for (const token of [phone.token, phone.fid, phone.voipToken, phone.voipToken?.toUpperCase()]) {
      await script({ match: { token }, reason: "TooManyRequests", times: 2 });
      const statuses = [await ring(other), await ring(), await ring(), await ring()].map(({ status }) => status);
      assert.deepEqual(statuses, [200, 429, 429, 200]);
    }
    await script({ match: { token: "ABcd" }, reason: "Forbidden" });
    assert.equal((await ring("abCD")).json.reason, "Forbidden");
    assert.equal((await ring("abcd")).json.reason, "BadDeviceToken");
  });

  it("can delay an answer, and reset the connection with or without accepting the push", async () => {
    await script({ delay_ms: 5000 });
    const late = ring();
    await clock.waitForSleepers(1);
    clock.turn(5000);
    assert.equal((await late).status, 200);
    for (const [fault, accepted] of [
      [{ drop: true }, 1],
      [{ drop: true, status: 200 }, 2],
    ] as const) {
      await script(fault);
      const sender = openHttp2(emulator.apns.production.url);
      await assert.rejects(sender.ask(buildPush(phone.voipToken ?? "", providerToken)), /ECONNRESET|lost/);
      assert.equal(emulator.messages(phone.token).length, accepted);
      sender.close();
    }
  });

  it("is refused when it is invalid, with the reason", async () => {
    for (const [body, reason] of [
      [{}, /a fault needs status, reason, drop, goaway or delay_ms/],
      [{ channel: "sms", status: 503 }, /channel must be fcm or apns/],
      [{ reason: "OOPS" }, /reason must be one of BadCollapseId/],
      [{ reason: "toString" }, /reason must be one of/],
      [{ error_code: "INTERNAL" }, /unknown field "error_code"; known: channel, match/],
      [{ reason: "Shutdown", retry_after: 1 }, /unknown field "retry_after"/],
      [{ status: 403 }, /status 403 needs a reason or a body/],
      [{ status: 200, reason: "Shutdown" }, /status 200 has a reason only with goaway/],
      [{ reason: "Forbidden", timestamp: 1 }, /a timestamp needs Unregistered or ExpiredToken/],
      [{ delay_ms: 1, timestamp: 1 }, /a timestamp needs/],
      [{ reason: "Unregistered", timestamp: "x" }, /timestamp must be a whole number/],
      [{ body: "x", drop: true }, /a body needs a status/],
      [{ channel: "fcm", reason: "Shutdown" }, /unknown field "reason"/],
    ] as const) {
      const reply = await script(body);
      assert.equal(reply.status, 400, JSON.stringify(body));
      assert.match(reply.json.error.message, reason);
    }
  });
});
