import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import * as fc from "fast-check";

import { startPushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import type { PushEmulator } from "../../packages/push-emulator/src/emulator.ts";

const SEND = "/v1/projects/demo/messages:send";

describe("a page of a web site", () => {
  let emulator: PushEmulator;
  let token: string;
  before(async () => {
    emulator = await startPushEmulator({ port: 0 });
    ({ token } = emulator.createRegistration());
  });
  after(async () => emulator.close());

  /** Asks as a browser does: it chooses Host and Origin, the page the rest. */
  async function ask(headers: Record<string, string>, method = "GET", path = "/emulator/v1/counters", body = "") {
    const sent = request(`${emulator.url}${path}`, { method, headers });
    sent.end(body);
    const [response] = await once(sent, "response");
    return { status: response.statusCode, body: await text(response) };
  }

  const own = () => emulator.address;
  const site = "http://evil.example.com";

  for (const origin of [
    site,
    "https://evil.example.com:9190",
    "http://203.0.113.5",
    "http://[2001:db8::1]",
    "null",
    "file://",
    "http://localhost.evil.com",
    "http://127.0.0.1.evil.com",
    "https://googleapis.com.evil.com",
    "http://evilgoogleapis.com",
    "https://storage.googleapis.com",
    "https://bucket.storage.googleapis.com",
  ]) {
    it(`can neither read nor change anything from ${origin}`, async () => {
      const { sends } = emulator.counters;
      emulator.addFault({ status: 503 });
      const refused = [
        await ask({ origin }),
        await ask({ origin }, "DELETE", "/emulator/v1/faults"),
        await ask({ origin }, "DELETE", "/emulator/v1"),
        await ask({ origin }, "POST", "/emulator/v1/registrations", '{"platform":"android"}'),
        await ask({ origin, "content-type": "text/plain" }, "POST", SEND, JSON.stringify({ message: { token } })),
        await ask({ origin, "access-control-request-method": "DELETE" }, "OPTIONS", "/emulator/v1/faults"),
        await ask({ origin }, "GET", "/emulator/v1/stream"),
        await ask({ origin }, "GET", "/"),
      ];
      for (const { status, body } of refused) {
        assert.deepEqual([status, JSON.parse(body).error.code], [403, "foreign_page"]);
      }
      assert.deepEqual([emulator.messages(token), emulator.counters.sends], [[], sends]);
      assert.deepEqual(JSON.parse((await ask({}, "DELETE", "/emulator/v1/faults")).body), { cleared: 1 });
    });
  }

  it("cannot point its own name to this machine", async () => {
    const domain = fc.domain().filter((name) => !/(?:^|\.)(?:local|internal|test)$/.test(name));
    await fc.assert(
      fc.asyncProperty(domain, fc.constantFrom("", ".", ":9190", ".:9190"), async (name, rest) => {
        assert.equal((await ask({ host: `${name}${rest}` })).status, 403);
      }),
    );
  });

  it("is another than a page of this machine or its network, and than a client that is no browser", async () => {
    for (const headers of [
      {},
      { origin: `http://${own()}` },
      { origin: "http://localhost:3000" },
      { origin: "http://phone.localhost" },
      { origin: "http://192.168.0.10:8080" },
      { origin: "http://[::1]:5173" },
      { origin: "capacitor://localhost" },
      { host: "localhost:9190" },
      { host: "10.0.2.2:9190", origin: "http://10.0.2.2:9190" },
      { host: "203.0.113.5:9190", origin: "http://203.0.113.5:9190" },
      { host: "[::1]:9190" },
      { host: "push-emulator:9190" },
      { host: "host.docker.internal:9190" },
      { host: "fcm.googleapis.com" },
    ] as Record<string, string>[]) {
      assert.equal((await ask(headers)).status, 200, JSON.stringify(headers));
    }
  });
});
