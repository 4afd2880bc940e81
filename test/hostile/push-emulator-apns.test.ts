import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import * as fc from "fast-check";
import { startPushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import { APPLE_REASONS } from "../push-emulator/apns/apple-reasons.ts";
import { buildPush, signToken } from "../push-emulator/apns/sender.ts";
import { openHttp2 } from "../push-emulator/connection.ts";
import { buildBodies } from "./input/bodies.ts";
import { fieldsOf } from "./input/json.ts";
import { fairText, oddText } from "./input/texts.ts";
import { attack, runsOf } from "./support/attack.ts";
import { requireIntactProcess } from "./support/intact-process.ts";

const emulator = await startPushEmulator({ port: 0, maxMessages: 200 });
const sender = openHttp2(emulator.apns.production.url);
after(async () => {
  sender.close();
  await emulator.close();
});
const { voipToken = "" } = emulator.createRegistration({ platform: "ios" });
const offline = emulator.createRegistration({ platform: "ios" }).voipToken ?? "";
emulator.setState(offline, "offline");
const providerToken = signToken();

/** What HTTP/2 can carry in a header. */
const headerText = oddText.map((text) =>
  text
    .replaceAll(/[^\x20-\x7e\x80-\xff]/g, "")
    .slice(0, 2000)
    .trim(),
);
const path = fc.oneof(
  { arbitrary: fc.constantFrom(voipToken, offline, voipToken.toUpperCase()).map((to) => `/3/device/${to}`), weight: 8 },
  fc.constantFrom("/", "/3/device", "/3/device/", "/3/device/%", "/3/device/__proto__", "/3/device/abcd?x"),
  oddText.map((text) => `/3/device/${encodeURIComponent(text.toWellFormed())}`),
);
const jwtPart = fc.oneof(
  fc.object({ maxDepth: 2 }).map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")),
  fc.constantFrom(...providerToken.split(".")),
  headerText,
);
const authorization = fc.oneof(
  { arbitrary: fc.constant(`bearer ${providerToken}`), weight: 6 },
  fc.array(jwtPart, { maxLength: 4 }).map((parts) => `bearer ${parts.join(".")}`),
  headerText,
);
const headers = fc.dictionary(
  fc.constantFrom("apns-id", "apns-topic", "apns-collapse-id", "apns-priority", "apns-expiration", "apns-push-type"),
  fc.oneof(headerText, fc.array(headerText, { minLength: 2, maxLength: 2 })),
  { maxKeys: 2 },
);
const payload = fc.dictionary(fairText, fc.jsonValue(), { maxKeys: 4 }).map(fieldsOf);
const pushes = fc.tuple(
  path,
  authorization,
  fc.oneof({ arbitrary: fc.constant({}), weight: 2 }, headers),
  buildBodies(payload),
  fc.oneof({ arbitrary: fc.constant("POST"), weight: 8 }, fc.constantFrom("PUT", "PATCH", "X", "__proto__")),
);

describe("the APNs emulator under hostile input", () => {
  it("answers whatever is sent with one of Apple's reasons, and never with an internal error", async (test) => {
    await attack(test, 3000, pushes, async ([to, authorized, changes, { bytes }, method]) => {
      const push = buildPush("", "", { ...changes, authorization: authorized }, bytes);
      const reply = await sender.ask({ ...push, path: to, method });
      if (reply.status === 200) return assert.equal(reply.text, "");
      const { reason } = reply.json;
      assert.equal(reply.status, APPLE_REASONS.get(reason), reply.text);
      assert.ok(reply.status < 500, reply.text);
    });
    test.diagnostic(`${emulator.counters.apns.accepted} of them were accepted`);
    assert.ok(emulator.counters.apns.accepted > 0 || runsOf(3000) < 1000);
    emulator.setState(offline, "online");
    assert.ok(emulator.messages().length > 0 || runsOf(3000) < 1000);
  });

  it("leaves the process intact", () => {
    requireIntactProcess();
  });
});
