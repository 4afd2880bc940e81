import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import * as fc from "fast-check";
import { createApiRoutes } from "../../packages/push-emulator/src/emulator-api.ts";
import { startPushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import { buildBodies } from "./input/bodies.ts";
import { fieldsOf } from "./input/json.ts";
import { fairText, oddText } from "./input/texts.ts";
import { attack, runsOf } from "./support/attack.ts";
import { closeConnections, isTooLong, readable, send, type Sent } from "./support/http.ts";
import { requireIntactProcess } from "./support/intact-process.ts";

const emulator = await startPushEmulator({ port: 0, projectId: "demo-hostile", maxMessages: 200 });
after(async () => {
  closeConnections();
  await emulator.close();
});
const { token, fid } = emulator.createRegistration({ platform: "ios" });
const offline = emulator.createRegistration();
emulator.setState(offline.token, "offline");

const conditions = fc.oneof(
  fc.constantFrom(
    "'a' in topics",
    "'a' in topics && ('b' in topics || !'c' in topics)",
    "(".repeat(4000),
    "!".repeat(4000),
  ),
  fc.constantFrom(
    "'a' in topics".repeat(300),
    `'a'${" ".repeat(4000)}in topics`,
    "T".repeat(4000),
    "'a' in topics&&".repeat(200),
  ),
  oddText,
);
const durations = fc.oneof(
  fc.constantFrom("30s", "0s", "-1s", "1.123456789s", `${"9".repeat(300)}s`, "s", "1e3s"),
  oddText,
);
const target = fc.oneof(
  fc.constantFrom<object>(
    { token },
    { token },
    { token: offline.token },
    { fid },
    { topic: "news" },
    { token, fid },
    {},
  ),
  conditions.map((condition) => ({ condition })),
  oddText.map((text) => ({ token: text })),
);
const part = fc.record(
  {
    data: fc.dictionary(fc.oneof(fairText, oddText), fc.oneof(fairText, oddText), { maxKeys: 4 }),
    notification: fc.record({ title: oddText, body: oddText }, { requiredKeys: [] }),
    android: fc.record(
      { ttl: durations, priority: fc.constantFrom("high", "NORMAL", "x"), collapse_key: oddText },
      { requiredKeys: [] },
    ),
    apns: fc.record(
      {
        headers: fc.dictionary(fc.constantFrom("apns-priority", "apns-expiration", "apns-collapse-id"), oddText),
        payload: fc.object({ maxDepth: 3 }),
      },
      { requiredKeys: [] },
    ),
    webpush: fc.record({ headers: fc.dictionary(fc.constantFrom("TTL", "Urgency"), oddText) }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);
/** Parts that FCM accepts, so that there are records to read. */
const fairPart = fc.record(
  {
    data: fc.dictionary(
      fairText.map((text) => `a${text}`),
      fairText,
      { maxKeys: 4 },
    ),
    notification: fc.record({ title: fairText, body: fairText }, { requiredKeys: [] }),
    android: fc.record({ ttl: fc.constantFrom("30s", "0s", "1.5s"), collapse_key: fairText }, { requiredKeys: [] }),
    apns: fc.record({ payload: fc.object({ maxDepth: 2, key: fairText }) }),
  },
  { requiredKeys: [] },
);
const messages = fc
  .tuple(target, fc.oneof(fairPart, fairPart, part), fc.constantFrom(false, false, true))
  .map(([to, rest, validateOnly]) => fieldsOf({ message: { ...to, ...rest }, validate_only: validateOnly }));

/** Faults match a token that no send has, so that every 5xx is the emulator's own failure. */
const faults = fc
  .record(
    {
      match: fc.record({ token: fc.constant("nobody") }),
      status: fc.constantFrom(429, 503, 99, "x"),
      error_code: fc.constantFrom("UNAVAILABLE", "x", "__proto__"),
      retry_after: fc.oneof(oddText, fc.integer()),
      body: oddText,
      delay_ms: fc.integer(),
      times: fc.integer(),
    },
    { requiredKeys: ["match"] },
  )
  .map((fault) => fieldsOf(fault));

const installs = fc
  .record(
    { platform: fc.constantFrom("android", "ios", "web", "x"), token: oddText, fid: oddText, state: oddText },
    { requiredKeys: [] },
  )
  .map((install) => fieldsOf(install));

const batches = fc
  .record({
    to: fc.oneof(fc.constantFrom("/topics/news", "/topics/", "news"), oddText),
    registration_tokens: fc.oneof(fc.constantFrom<unknown>([token], [fid, "nobody"], "x", [1]), fc.array(oddText)),
  })
  .map((batch) => fieldsOf(batch));

/** The emulator's own routes, from its table, except streams, which never end, and reset, which removes the phones. */
const routes = createApiRoutes({} as Parameters<typeof createApiRoutes>[0]).filter(
  ({ path }) => !path.endsWith("/stream") && path !== "/emulator/v1",
);

const paths = fc.oneof(
  { arbitrary: fc.constantFrom("/v1/projects/demo-hostile/messages:send"), weight: 8 },
  {
    arbitrary: fc.constantFrom(
      "/v1/projects/other/messages:send",
      "/v1/projects/%/messages:send",
      "/v1/projects/__proto__/messages:send?x=%",
      "/v1/",
      "/v1/projects//messages:send",
    ),
    weight: 1,
  },
  {
    arbitrary: fc
      .tuple(
        fc.constantFrom(token, fid, "%", "__proto__", "nobody"),
        fc.oneof(
          fc.constantFrom(
            "",
            "?topic_name=news",
            "/news",
            "/news?allow_missing=true",
            "?page_size=-1&page_token=x",
            "/%",
          ),
          oddText.map((text) => `?topic_name=${encodeURIComponent(text.toWellFormed())}`),
        ),
      )
      .map(([address, rest]) => `/v1/projects/demo-hostile/registrations/${address}/topicSubscriptions${rest}`),
    weight: 2,
  },
  { arbitrary: fc.constantFrom("/iid/v1:batchAdd", "/iid/v1:batchRemove", "/iid/v1:x", "/token"), weight: 1 },
  {
    arbitrary: fc
      .tuple(
        fc.constantFrom(...routes.map(({ path }) => path.replace("{topic}", "news"))),
        fc.oneof(
          fc.constantFrom(fid, "%", "%zz", "__proto__", "..", ""),
          oddText.map((text) => encodeURIComponent(text.toWellFormed())),
        ),
        fc.constantFrom("", "", "?limit=1", "?limit=0", "?limit=99999999999", "?token=%", "?token=__proto__&limit=x"),
      )
      .map(([path, address, query]) => path.replace("{address}", address) + query),
    weight: 6,
  },
  { arbitrary: oddText.map((text) => `/${encodeURIComponent(text.toWellFormed())}`), weight: 1 },
);

const requests: fc.Arbitrary<Sent> = fc
  .tuple(
    fc.oneof(
      { arbitrary: fc.constant("POST"), weight: 5 },
      fc.constantFrom("GET", "PATCH", "DELETE", "OPTIONS", "PUT", "HEAD"),
    ),
    paths,
    buildBodies(fc.oneof({ arbitrary: messages, weight: 8 }, installs, faults, batches)),
    fc
      .nat(9)
      .map((nth): Record<string, string> =>
        nth === 0 ? {} : { authorization: "Bearer owner", access_token_auth: "true" },
      ),
  )
  .map(([method, path, body, key]) => {
    const hasBody = method !== "GET" && method !== "HEAD";
    return readable({ method, path, headers: { ...key, ...body.headers }, ...(hasBody && { body: body.bytes }) });
  });

describe("the FCM emulator under hostile input", () => {
  it("answers whatever is sent, and never with an internal error", async (test) => {
    let taken = 0;
    await attack(test, 6000, requests, async (sent) => {
      const answer = await send(emulator.url, sent);
      assert.ok(answer.status < 500, `${answer.status} ${answer.text}`);
      if (answer.status === 431) return assert.ok(isTooLong(sent));
      taken += answer.status === 200 ? 1 : 0;
      const isJson = answer.type.startsWith("application/json");
      if (isJson && sent.method !== "HEAD") assert.equal(typeof JSON.parse(answer.text), "object");
      assert.ok(isJson || answer.status === 200 || answer.status === 204, `${answer.status} ${answer.type}`);
      emulator.clearFaults();
    });
    test.diagnostic(`${taken} of them were accepted, ${emulator.counters.accepted} messages`);
    assert.ok(emulator.counters.accepted > 0 || runsOf(6000) < 1000);
  });

  it("still serves a plain send, and its records", async () => {
    const body = Buffer.from(JSON.stringify({ message: { token, data: { a: "b" } } }));
    const path = "/v1/projects/demo-hostile/messages:send";
    const answer = await send(emulator.url, { method: "POST", path, headers: { authorization: "Bearer owner" }, body });
    assert.equal(answer.status, 200, answer.text);
    const list = await send(emulator.url, { method: "GET", path: "/emulator/v1/messages", headers: {} });
    assert.equal(JSON.parse(list.text).messages.at(-1).message.data.a, "b");
  });

  it("leaves the process intact", () => {
    requireIntactProcess();
  });
});
