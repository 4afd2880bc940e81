import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { after, afterEach, beforeEach, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { createCertificate } from "../../harness/certificate.ts";
import { startBase } from "../asterisk/base-url-server.ts";
import { version } from "./asterisk.ts";
import { startPbxWithApp } from "./pbx-with-app.ts";

describe(`a call by SIP while the service fails, on ${version}`, async () => {
  const pbx = await startPbxWithApp();
  const { asterisk, functions, trunk, app, desk } = pbx;
  after(() => pbx.stop());
  beforeEach(() => pbx.begin());
  afterEach(() => asterisk.clear());

  /** Forwards a request to the service, and its answer to the client. */
  async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", headers } = request;
    const answer = await fetch(functions.urls.pbx + request.url, {
      method,
      headers: { authorization: headers.authorization!, "content-type": headers["content-type"]! },
      ...(method === "POST" && { body: await buffer(request) }),
    });
    response.writeHead(answer.status).end(await answer.text());
  }

  const dead = await startBase(() => undefined);
  await dead.close();
  const requests: string[] = [];
  let refusals = 0;
  const bases = {
    silent: await startBase(() => undefined),
    slow: await startBase(async (response, request) => {
      await delay(1500);
      await forward(request, response);
    }),
    good: await startBase((response, request) => forward(request, response)),
    broken: await startBase((response) => response.writeHead(500).end("<h1>Internal Server Error</h1>")),
    full: await startBase((response) => response.writeHead(503).end("ERROR try_again\n")),
    fullOnce: await startBase(async (response, request) => {
      if (refusals > 0) return forward(request, response);
      refusals += 1;
      return response.writeHead(503).end("ERROR try_again\n");
    }),
    untrusted: await startBase(
      (response, request) => {
        requests.push(request.url!);
        response.end("NOTIFIED 1\n");
      },
      await createCertificate(),
    ),
  };
  after(() => Promise.all(Object.values(bases).map((base) => base.close())));

  const hopeless = [
    ["refuses", dead.url, 5],
    ["is silent", bases.silent.url, 3],
    ["fails with 500", bases.broken.url, 5],
    ["has no room", bases.full.url, 5],
    ["has an untrusted certificate", bases.untrusted.url, 5],
  ] as const;
  for (const [title, url, wait] of hopeless) {
    it(`that ${title} still rings the app's phone`, async () => {
      await pbx.useBases(url);
      await asterisk.write("wait", String(wait));
      const result = asterisk.log.fromNow();
      const call = await trunk.call("wait");
      assert.equal(call.status, 180);
      assert.match((await result(/RESULT .*/))[0], /RESULT ERROR/);
      await trunk.until(() => call.status === 200);
      const ms = performance.now() - call.startedAt;
      assert.ok(ms < 4000, `the caller was held for ${ms} ms`);
      trunk.hangUp(call);
      await app.over(app.calls[0]!);
      assert.equal(pbx.pushes("alice").length, 0);
    });
  }

  it("sends no request where the certificate is wrong", () => assert.deepEqual(requests, []));

  const mended = [
    ["is slow", [bases.slow.url]],
    ["has no room once", [bases.fullOnce.url]],
    ["refuses at the first base URL", [dead.url, functions.urls.pbx]],
    ["is silent at the first base URL", [bases.silent.url, functions.urls.pbx]],
    ["fails with 500 at the first base URL", [bases.broken.url, functions.urls.pbx]],
  ] as const;
  for (const [title, urls] of mended) {
    it(`that ${title} wakes the app`, async () => {
      await pbx.useBases(...urls);
      await asterisk.write("wait", "12");
      const result = asterisk.log.fromNow();
      const call = await trunk.call("wait");
      const push = await pbx.pushTo("alice");
      await pbx.report("alice", push, "ready");
      assert.match((await result(/RESULT .*/))[0], /RESULT READY/);
      await trunk.until(() => call.status === 200);
      trunk.hangUp(call);
      assert.equal((await pbx.recordOf(push)).reason, "answered");
    });
  }

  it("that fails at the base URL which took the ring gets the end at another", async () => {
    await pbx.useBases(dead.url, bases.good.url);
    const resting = asterisk.log.fromNow();
    const call = await trunk.call("wake");
    const push = await pbx.pushTo("alice");
    // The channel that announced the ring stays, to send the end.
    await resting(/Executing \[request@pbx-push-request:\d+\] Wait\("[^"]*", "15"\)/);
    await bases.good.close();
    await pbx.useBases(functions.urls.pbx, bases.good.url);
    trunk.hangUp(call);
    assert.equal((await pbx.pushTo("alice", 2))["callId"], push["callId"]);
  });

  it("is silent at the first base URL: a leg wakes the app within the time limit of a request", async () => {
    await pbx.useBases(bases.silent.url, functions.urls.pbx);
    desk.manner = "rings";
    const call = trunk.invite("joins");
    await pbx.pushTo("alice");
    // Half of budget_seconds.
    assert.ok(performance.now() - call.startedAt < 8000);
    trunk.hangUp(call);
  });
});
