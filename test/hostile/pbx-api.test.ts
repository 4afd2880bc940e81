import assert from "node:assert/strict";
import { unescape } from "node:querystring";
import { after, describe, it } from "node:test";
import * as fc from "fast-check";
import { routes } from "../../functions/src/pbx/all-routes.ts";
import { inlineRefs } from "../../docs/reference/inline-refs.ts";
import { alice, bob, startFunctions } from "../support/functions.ts";
import { addPhone, call } from "../support/line.ts";
import { attack } from "./support/attack.ts";
import { requireDocumented, type OpenApi } from "./support/openapi-document.ts";
import { Durations } from "./support/durations.ts";
import { closeConnections, send, type Sent } from "./support/http.ts";
import { withShortSleeps } from "./support/short-sleeps.ts";
import { buildEventBytes, buildRequests, callers, strayRequests } from "./input/pbx-requests.ts";
import { fairText } from "./input/texts.ts";
import { requireIntactProcess } from "./support/intact-process.ts";
import { secret, watchLog } from "./support/secrets.ts";

const functions = await startFunctions({ AUDIENCE_SHARDS: "4" });
after(async () => {
  closeConnections();
  await functions.close();
});
const url = await functions.servePbx(withShortSleeps(functions.services));
const document = inlineRefs((await functions.pbx("GET", "/openapi.json")).body) as OpenApi;
const log = watchLog(functions);
const durations = new Durations();

/** Only these may be answered 502: FCM refuses every push to them. */
const refusedExten = "0709";
const refusedToken = `refused-${secret}-token`;
const reachable = await addPhone(functions, "phone-of-alice", alice);
const refused = functions.fcm.createRegistration();
await functions.call("registerDevice", bob, {
  deviceId: "phone-of-bob",
  platform: "ios",
  registration: { kind: "token", value: refused.token },
});
await functions.pbx("PUT", "/lines/0701", { uid: alice.uid });
await functions.pbx("PUT", `/lines/${refusedExten}`, { uid: bob.uid });
for (const token of [refused.token, refusedToken]) {
  functions.fcm.addFault({ match: { token }, error_code: "SENDER_ID_MISMATCH", times: 1_000_000 });
}

const callIds = fc.constantFrom("1.1", "1.2", "1763712000.17", "a:b@c-d", "constructor", "hasOwnProperty", "0");
const tokens = fc.constantFrom(reachable, reachable, `gone-${secret}`, refusedToken);
const words = {
  exten: fc.constantFrom("0701", "0701", refusedExten, "0702", "+8210", "*", "#".repeat(32), "*98#"),
  call_id: fc.oneof({ arbitrary: callIds, weight: 1 }, { arbitrary: fc.uuid(), weight: 2 }),
  ring_id: fc.oneof(
    { arbitrary: fc.constantFrom("1.1-a", "1.1-b", "constructor", "__proto__", "0", "a:b@c-d"), weight: 2 },
    { arbitrary: fc.uuid(), weight: 1 },
  ),
  fcm_token: tokens,
  token: tokens,
  tokens: fc.array(tokens, { minLength: 1, maxLength: 20 }),
  uid: fc.oneof(fc.constantFrom("carol", "dave", "\ufeff"), fairText),
  email: fc.constantFrom("carol@example.com", `${"a.".repeat(60)}b@example.com`, "o'brien@example.com"),
  id: fc.oneof(fc.constantFrom("p1", "p2", "constructor", "toString", "a".repeat(128)), fc.uuid()),
  target: fc.oneof(
    fc.record({ token: tokens }),
    fc.record({ tokens: fc.array(tokens, { minLength: 1, maxLength: 3 }) }),
    fc.constantFrom({ exten: "0701" }, { uid: alice.uid }, { fcm_topic: "news" }, { uid: "a", exten: "1" }, {}),
  ),
  reserved_at: fc.constantFrom(
    null,
    "2026-13-01T00:00:00Z",
    `2027-01-01T00:00:00.${"1".repeat(400)}Z`,
    inHours(1),
    inHours(-1),
  ),
  expires_at: fc.constantFrom(null, inHours(2), inHours(-2), "9999-12-31T23:59:59Z"),
};

function inHours(hours: number): string {
  return new Date(Date.now() + hours * 3_600_000).toISOString();
}

/** Whether a 502 has a cause: the request, or the call that it repeats, is for a phone that FCM refuses. */
function mayBeRefused({ body, path }: Sent): boolean {
  // unescape() decodes forms and everything else: it also accepts bytes that are not UTF-8.
  const sentText = unescape(body?.toString() ?? "");
  return /\/(send|calls|events)/.test(path) && (sentText.includes(refusedExten) || sentText.includes(refusedToken));
}

async function check(path: string, sent: Sent): Promise<void> {
  const answer = await send(url, sent);
  durations.hostile(sent, answer);
  for (const token of [reachable, refused.token])
    assert.ok(!answer.text.includes(token), "an answer has a registration");
  if (log.look("demo-pbx-key", reachable, refused.token).isOddPath) return;
  const operations = document.paths[path] ?? {};
  requireDocumented(operations[sent.method === "HEAD" ? "get" : sent.method.toLowerCase()], sent, answer);
  assert.notEqual(answer.status, 503, answer.text);
  if (answer.status === 502) assert.ok(mayBeRefused(sent), `502 without a cause: ${answer.text}`);
  if (durations.count % 25 === 1) durations.plain(await send(url, plainRequest()));
}

let calls = 0;
function plainRequest(): Sent {
  const body = Buffer.from(JSON.stringify({ ...call, exten: "0701", call_id: `plain.${(calls += 1)}` }));
  const headers = { authorization: "Bearer demo-pbx-key", "content-type": "application/json" };
  return { method: "POST", path: "/calls", headers, body };
}

describe("the PBX's API under hostile input", () => {
  for (const { method, path } of routes) {
    it(`answers ${method.toUpperCase()} ${path} as documented, whatever is sent`, async (test) => {
      const operation = document.paths[path]?.[method];
      assert.ok(operation !== undefined, "the route is not in the document");
      await attack(test, 1300, buildRequests(path, method, operation, words), (sent) => check(path, sent));
    });
  }

  for (const path of ["/health", "/openapi.json"]) {
    it(`answers GET ${path}, whatever is sent with it`, async (test) => {
      const plain = { responses: { 200: { content: { "application/json": { schema: {} } } } } };
      const operation = document.paths[path]?.["get"] ?? plain;
      await attack(test, 200, buildRequests(path, "get", operation, words), async (sent) => {
        const answer = await send(url, sent);
        if (answer.status === 304 && path === "/openapi.json") return assert.equal(answer.text, "");
        requireDocumented(["GET", "HEAD"].includes(sent.method) ? operation : undefined, sent, answer);
        log.look();
      });
    });
  }

  it("answers unknown paths", async (test) => {
    await attack(test, 1300, strayRequests, async (sent) => {
      const answer = await send(url, sent);
      const named = Object.values(document.paths).flatMap((operations) => Object.values(operations));
      const operation = named.find(({ responses }) => responses[answer.status] !== undefined);
      requireDocumented(operation, sent, answer);
      assert.ok(answer.status < 500, answer.text);
      log.look();
    });
  });

  it("rings the phone, whatever the caller of an event", async (test) => {
    const ringing = "0703";
    await functions.pbx("PUT", `/lines/${ringing}`, { uid: alice.uid });
    let events = 0;
    await attack(test, 400, callers, async (caller) => {
      const id = `named.${(events += 1)}`;
      const data = { Event: "Newchannel", Context: "trk", Exten: ringing, Linkedid: id, Uniqueid: id };
      const answer = await send(url, { ...plainRequest(), path: "/events", body: buildEventBytes(data, caller) });
      log.look("demo-pbx-key", reachable);
      assert.equal(answer.status, 200, answer.text);
      assert.equal(JSON.parse(answer.text).accepted, 1, answer.text);
    });
  });

  it("takes no disproportionately long time for a request", async (test) => {
    test.diagnostic(await durations.requireBounded(async (sent) => send(url, sent)));
  });

  it("leaves the process intact", () => {
    requireIntactProcess();
  });
});
