import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";

import { startPushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import type { PushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import type { FcmFaultScript } from "../../packages/push-emulator/src/fault-script.ts";
import { buildSend, openHttp1, openHttp2 } from "./connection.ts";
import type { Connection, Reply } from "./connection.ts";
import { createManualClock } from "./manual-clock.ts";
import type { ManualClock } from "./manual-clock.ts";

const FAULTS = "/emulator/v1/faults";

describe("a scripted fault", () => {
  let emulator: PushEmulator;
  let connection: Connection;
  let clock: ManualClock;
  let token: string;

  beforeEach(async () => {
    clock = createManualClock();
    emulator = await startPushEmulator({ port: 0, clock });
    connection = openHttp1(emulator.url);
    ({ token } = emulator.createRegistration());
  });
  afterEach(async () => {
    connection.close();
    await emulator.close();
  });

  const script = (body: unknown): Promise<Reply> => connection.ask({ method: "POST", path: FAULTS, body });
  const send = (to = token): Promise<Reply> => connection.ask(buildSend({ message: { token: to } }));

  for (const [code, status, rpcStatus] of [
    ["UNREGISTERED", 404, "NOT_FOUND"],
    ["INVALID_ARGUMENT", 400, "INVALID_ARGUMENT"],
    ["SENDER_ID_MISMATCH", 403, "PERMISSION_DENIED"],
    ["THIRD_PARTY_AUTH_ERROR", 401, "UNAUTHENTICATED"],
    ["QUOTA_EXCEEDED", 429, "RESOURCE_EXHAUSTED"],
    ["UNAVAILABLE", 503, "UNAVAILABLE"],
    ["INTERNAL", 500, "INTERNAL"],
  ] as const) {
    it(`has the body of FCM's own ${code}`, async () => {
      assert.equal((await script({ error_code: code })).status, 201);
      const reply = await send();
      assert.equal(reply.status, status);
      const { error } = reply.json;
      assert.deepEqual([error.code, error.status], [status, rpcStatus]);
      assert.deepEqual(error.details[0], {
        "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
        errorCode: code,
      });
      assert.equal((await send()).status, 200);
    });
  }

  it("can be an error that FCM answers without FcmError", async () => {
    for (const [fault, status, rpcStatus] of [
      [{ error_code: "NOT_FOUND" }, 404, "NOT_FOUND"],
      [{ status: 404 }, 404, "NOT_FOUND"],
      [{ error_code: "UNAUTHENTICATED" }, 401, "UNAUTHENTICATED"],
      [{ error_code: "PERMISSION_DENIED" }, 403, "PERMISSION_DENIED"],
    ] as const) {
      await script(fault);
      const { error } = (await send()).json;
      assert.deepEqual([error.code, error.status, error.details], [status, rpcStatus, undefined]);
    }
  });

  for (const [quota, says] of [
    [undefined, "project"],
    ["project", "project"],
    ["device", "device"],
    ["topic", "topic"],
  ] as const) {
    it(`names the exceeded quota in QuotaFailure: ${quota ?? "the project's, by default"}`, async () => {
      await script({ error_code: "QUOTA_EXCEEDED", quota });
      const reply = await send();
      assert.deepEqual([reply.status, reply.json.error.status], [429, "RESOURCE_EXHAUSTED"]);
      const [fcmError, failure] = reply.json.error.details;
      assert.equal(fcmError.errorCode, "QUOTA_EXCEEDED");
      assert.equal(failure["@type"], "type.googleapis.com/google.rpc.QuotaFailure");
      assert.deepEqual(
        failure.violations.map(({ subject }: { subject: string }) => subject),
        [says],
      );
    });
  }

  it("has the form of Google's front end for the project's quota, without FcmError", async () => {
    await script({ error_code: "RATE_LIMIT_EXCEEDED", retry_after: 30 });
    const reply = await send();
    assert.deepEqual([reply.status, reply.headers["retry-after"]], [429, "30"]);
    assert.deepEqual(
      reply.json.error.details.map(({ reason }: { reason: string }) => reason),
      ["RATE_LIMIT_EXCEEDED"],
    );
  });

  it("has the usual body for a status alone", async () => {
    for (const [status, code] of [
      [429, "QUOTA_EXCEEDED"],
      [500, "INTERNAL"],
      [503, "UNAVAILABLE"],
    ] as const) {
      await script({ status });
      const reply = await send();
      assert.deepEqual([reply.status, reply.json.error.details[0].errorCode], [status, code]);
    }
    await script({ status: 502 });
    const page = await send();
    assert.equal(page.status, 502);
    assert.match(String(page.headers["content-type"]), /^text\/html/);
    assert.match(page.text, /^<!DOCTYPE html>/);
  });

  it("can have another status for a named error", async () => {
    await script({ error_code: "UNAVAILABLE", status: 500 });
    const reply = await send();
    assert.deepEqual([reply.status, reply.json.error.code], [500, 500]);
    assert.equal(reply.json.error.details[0].errorCode, "UNAVAILABLE");
  });

  it("has retry_after in the header, unchanged", async () => {
    for (const retryAfter of ["7", "Sun, 22 Nov 2026 00:01:00 GMT", "next week"]) {
      await script({ error_code: "QUOTA_EXCEEDED", retry_after: retryAfter });
      assert.equal((await send()).headers["retry-after"], retryAfter);
    }
    await script({ error_code: "QUOTA_EXCEEDED", retry_after: 30 });
    assert.equal((await send()).headers["retry-after"], "30");
  });

  it("can have a raw body with a content type", async () => {
    await script({ status: 503, body: "<p>가다", content_type: "text/html" });
    const reply = await send();
    assert.deepEqual([reply.status, reply.text, reply.headers["content-type"]], [503, "<p>가다", "text/html"]);
    await script({ status: 200, body: "{" });
    assert.equal((await send()).text, "{");
    assert.deepEqual(emulator.messages(), []);
  });

  it("applies to the given number of sends, and no more", async () => {
    await script({ error_code: "INTERNAL", times: 2 });
    const statuses = [];
    for (let sent = 0; sent < 3; sent += 1) statuses.push((await send()).status);
    assert.deepEqual(statuses, [500, 500, 200]);
    assert.equal(emulator.messages().length, 1);
  });

  it("applies only to its token, given as token or fid", async () => {
    const other = emulator.createRegistration();
    await script({ match: { token }, error_code: "INTERNAL" });
    await script({ match: { token: other.fid }, error_code: "UNAVAILABLE", times: 2 });
    assert.equal((await send(other.token)).status, 503);
    assert.equal((await connection.ask(buildSend({ message: { fid: other.fid } }))).status, 503);
    assert.equal((await send(other.token)).status, 200);
    assert.equal((await send()).status, 500);
  });

  it("applies the oldest fault that matches", async () => {
    await script({ error_code: "INTERNAL" });
    await script({ match: { token }, error_code: "UNAVAILABLE" });
    await script({ error_code: "QUOTA_EXCEEDED" });
    const statuses = [];
    for (let sent = 0; sent < 3; sent += 1) statuses.push((await send()).status);
    assert.deepEqual(statuses, [500, 503, 429]);
  });

  it("applies even to a token that was never issued", async () => {
    await script({ match: { token: "never-issued" }, error_code: "INTERNAL" });
    assert.equal((await send("never-issued")).status, 500);
    assert.equal((await send("never-issued")).status, 400);
  });

  it("delays a normal answer when the status is 200", async () => {
    await script({ status: 200, delay_ms: 5000 });
    let hasAnswered = false;
    const reply = send().then((answered) => {
      hasAnswered = true;
      return answered;
    });
    await clock.waitForSleepers(1);
    assert.equal(hasAnswered, false);
    clock.turn(5000);
    assert.equal((await reply).status, 200);
    assert.equal(emulator.messages(token).length, 1);
  });

  it("is listed while pending, and can be removed", async () => {
    await script({ error_code: "INTERNAL", times: 3 });
    await script({ match: { token }, drop: true });
    await send();
    const { faults } = (await connection.ask({ path: FAULTS })).json;
    assert.deepEqual(
      faults.map((fault: FcmFaultScript & { remaining: number }) => [fault.error_code, fault.drop, fault.remaining]),
      [
        ["INTERNAL", false, 2],
        [undefined, true, 1],
      ],
    );
    assert.equal((await connection.ask({ method: "DELETE", path: FAULTS })).json.cleared, 2);
    assert.deepEqual((await connection.ask({ path: FAULTS })).json, { faults: [] });
    assert.equal((await send()).status, 200);
  });

  it("is refused when it is invalid, with the reason", async () => {
    for (const [body, reason] of [
      [{}, /a fault needs status/],
      [[], /JSON object/],
      [{ status: 99 }, /status must be/],
      [{ status: "503" }, /status must be/],
      [{ error_code: "OOPS" }, /error_code must be one of UNREGISTERED|INVALID/],
      [{ status: 200, error_code: "INTERNAL" }, /no error_code/],
      [{ error_code: "QUOTA_EXCEEDED", quota: "user" }, /quota must be one of project, device, topic/],
      [{ error_code: "QUOTA_EXCEEDED", quota: "toString" }, /quota must be/],
      [{ error_code: "INTERNAL", quota: "device" }, /needs QUOTA_EXCEEDED/],
      [{ body: "x" }, /a fault needs status/],
      [{ body: "x", drop: true }, /needs a status/],
      [{ status: 503, body: 7 }, /body must be/],
      [{ status: 503, times: 0 }, /times must be/],
      [{ status: 503, times: 1.5 }, /times must be/],
      [{ status: 503, delay_ms: -1 }, /delay_ms must be/],
      [{ status: 503, retry_after: "1\r\nx: y" }, /retry_after must be/],
      [{ status: 503, content_type: "a\nb" }, /content_type must be/],
      [{ drop: "yes" }, /drop must be/],
      [{ status: 503, match: "x" }, /match must be/],
      [{ status: 503, match: { tokn: "x" } }, /unknown field "tokn"/],
      [{ status: 503, delay: 1 }, /unknown field "delay"/],
    ] as const) {
      const reply = await script(body);
      assert.equal(reply.status, 400, JSON.stringify(body));
      assert.match(reply.json.error.message, reason);
    }
    assert.deepEqual((await connection.ask({ path: FAULTS })).json, { faults: [] });
  });
});

describe("losing the connection", () => {
  let emulator: PushEmulator;
  let token: string;

  beforeEach(async () => {
    emulator = await startPushEmulator({ port: 0 });
    ({ token } = emulator.createRegistration());
  });
  afterEach(() => emulator.close());

  for (const [protocol, open] of [
    ["HTTP/1.1", openHttp1],
    ["HTTP/2", openHttp2],
  ] as const) {
    it(`resets a connection of ${protocol} instead of answering`, async () => {
      const connection = open(emulator.url);
      emulator.addFault({ drop: true });
      await assert.rejects(connection.ask(buildSend({ message: { token } })), /ECONNRESET|hang up|lost/);
      connection.close();
      assert.deepEqual(emulator.messages(), []);
      assert.equal(emulator.counters.openConnections, 0);
    });

    it(`can accept the message before it resets a connection of ${protocol}`, async () => {
      const connection = open(emulator.url);
      emulator.addFault({ status: 200, drop: true });
      await assert.rejects(connection.ask(buildSend({ message: { token } })));
      connection.close();
      assert.equal(emulator.messages(token).length, 1);
    });
  }
});
