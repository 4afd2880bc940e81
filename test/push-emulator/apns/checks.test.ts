import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as fc from "fast-check";

import { demoApnsKey } from "../../../packages/push-emulator/src/apns/demo-key.ts";
import { startPushEmulator } from "../../../packages/push-emulator/src/emulator.ts";
import type { PushEmulator } from "../../../packages/push-emulator/src/emulator.ts";
import { openHttp2 } from "../connection.ts";
import type { Connection, Reply } from "../connection.ts";
import { createManualClock } from "../manual-clock.ts";
import { APPLE_REASONS } from "./apple-reasons.ts";
import { TOPIC, buildPush, createKey, signToken } from "./sender.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const MINUTE_MS = 60_000;
const clock = createManualClock();
const goneSince = clock.now();
const [second, unknown] = [{ keyId: "SECONDKEY0", key: createKey() }, { key: createKey() }];
const sign = (parts = {}): string => signToken({ issuedAt: clock.now(), ...parts });
const emulator: PushEmulator = await startPushEmulator({
  port: 0,
  clock,
  apns: { teamId: demoApnsKey.teamId, keys: { [demoApnsKey.keyId]: demoApnsKey.key, [second.keyId]: second.key } },
});
const voipToken = emulator.createRegistration({ platform: "ios" }).voipToken ?? "";
const gone = emulator.createRegistration({ platform: "ios" }).voipToken ?? "";
const sandbox = emulator.createRegistration({ platform: "ios", environment: "sandbox" }).voipToken ?? "";
emulator.setState(gone, "uninstalled");
clock.turn(MINUTE_MS);

/** A request in the making; a flaw changes it. */
interface Draft {
  method: string;
  path: string;
  headers: Record<string, string | string[]>;
  body: unknown;
}

interface Flaw {
  readonly name: string;
  readonly reason: string;
  readonly spoil: (draft: Draft) => void;
}

/** The names of tests are the same in each run. */
const hideTokens = (text: string): string =>
  text
    .replace(sandbox, "<sandbox token>")
    .replaceAll(/[0-9a-f]{64}/g, "<token>")
    .replaceAll(/[0-9A-F]{64}/g, "<TOKEN>")
    .replace(/eyJ[^"]+/, "<JWT>");

const flaw = (reason: string, name: string, spoil: (draft: Draft) => void): Flaw => ({ reason, name, spoil });
const setHeader = (reason: string, header: string, ...values: (string | string[])[]): Flaw[] =>
  values.map((value) =>
    flaw(reason, `${header}: ${hideTokens(JSON.stringify(value))}`, ({ headers }) => (headers[header] = value)),
  );
const removeHeader = (reason: string, header: string): Flaw =>
  flaw(reason, `no ${header}`, ({ headers }) => void delete headers[header]);
const setPath = (reason: string, ...paths: string[]): Flaw[] =>
  paths.map((path) => flaw(reason, `path ${hideTokens(path)}`, (draft) => (draft.path = path)));
const setBody = (reason: string, name: string, body: unknown): Flaw =>
  flaw(reason, name, (draft) => (draft.body = body));
const setToken = (reason: string, name: string, token: string): Flaw =>
  flaw(reason, name, ({ headers }) => (headers["authorization"] = `bearer ${token}`));

/** One line for each check, in the order in which APNs makes them. */
const flaws: readonly (readonly Flaw[])[] = [
  setHeader("DuplicateHeaders", "apns-request-id", ["a", "b"]),
  setHeader("BadMessageId", "apns-id", "7", "", "123e4567-e89b-12d3-a456-4266554400a", "a".repeat(32)),
  ["GET", "PUT", "DELETE"].map((method) =>
    flaw("MethodNotAllowed", method, (draft) => {
      draft.method = method;
      if (method !== "PUT") draft.body = undefined;
    }),
  ),
  [
    removeHeader("MissingTopic", "apns-topic"),
    ...setHeader("BadTopic", "apns-topic", "", "com example", "com_example.voip"),
  ],
  setHeader("BadCollapseId", "apns-collapse-id", "x".repeat(65)),
  setHeader("BadPriority", "apns-priority", "0", "7", "high", "10.0", ""),
  setHeader("BadExpirationDate", "apns-expiration", "-1", "soon", "1.5", "", "1763712000000"),
  setHeader("InvalidPushType", "apns-push-type", "", "VOIP", "call", "alert", "background"),
  [
    ...setPath("BadPath", "/", "/3/device", "/3/devices/ab", `/2/device/${voipToken}`),
    ...setPath("MissingDeviceToken", "/3/device/"),
  ],
  [
    removeHeader("MissingProviderToken", "authorization"),
    ...setHeader("MissingProviderToken", "authorization", "", "bearer", "bearer ", `Basic ${sign()}`, sign()),
    setToken("InvalidProviderToken", "no JWT", "x"),
    setToken("InvalidProviderToken", "four parts", `${sign()}.x`),
    setToken("InvalidProviderToken", "no signature", sign().replace(/[^.]*$/, "")),
    setToken(
      "InvalidProviderToken",
      "another signature",
      sign().replace(/[^.]*$/, sign({ claims: { iat: 1 } }).split(".")[2] ?? ""),
    ),
    setToken("InvalidProviderToken", "another key", sign(unknown)),
    setToken("InvalidProviderToken", "another key id", sign({ keyId: "UNKNOWNKEY" })),
    setToken("InvalidProviderToken", "no key id", sign({ header: { kid: undefined } })),
    setToken("InvalidProviderToken", "another algorithm", sign({ header: { alg: "none" } })),
    setToken("InvalidProviderToken", "another team", sign({ teamId: "OTHERTEAM0" })),
    setToken("InvalidProviderToken", "no time", sign({ claims: { iat: undefined } })),
    setToken("InvalidProviderToken", "a time as text", sign({ claims: { iat: "1763712000" } })),
    setToken("UnrelatedKeyIdInToken", "the team's other key", sign(second)),
    setToken("ExpiredProviderToken", "61 minutes old", sign({ issuedAt: clock.now() - 61 * MINUTE_MS })),
    setToken("ExpiredProviderToken", "61 minutes ahead", sign({ issuedAt: clock.now() + 61 * MINUTE_MS })),
    setToken("TooManyProviderTokenUpdates", "a minute newer", sign({ issuedAt: clock.now() + MINUTE_MS })),
    setToken("TooManyProviderTokenUpdates", "signed again", sign()),
  ],
  setPath("BadDeviceToken", "/3/device/xyz", "/3/device/abc", "/3/device/ab", `/3/device/${sandbox}`),
  setPath("Unregistered", `/3/device/${gone}`, `/3/device/${gone.toUpperCase()}`),
  setHeader("DeviceTokenNotForTopic", "apns-topic", "com.example.other.voip", "com.example.app.voip.voip"),
  [
    setBody("PayloadEmpty", "no payload", ""),
    setBody("PayloadTooLarge", "5,121 bytes", `{"a":"${"x".repeat(5113)}"}`),
    setBody("PayloadTooLarge", "a megabyte", Buffer.alloc(2 ** 20, "x")),
    setBody("PayloadEmpty", "no JSON", "{"),
    setBody("PayloadEmpty", "no UTF-8", Buffer.from([0x7b, 0xff])),
    setBody("PayloadEmpty", "no object", "[]"),
  ],
];

describe("a push to APNs", () => {
  let sender: Connection;
  const providerToken = sign();

  before(async () => {
    sender = openHttp2(emulator.apns.production.url);
    // The connection knows its provider token, and with it its key.
    assert.equal((await sender.ask(buildPush(voipToken, providerToken))).status, 200);
  });
  after(async () => {
    sender.close();
    await emulator.close();
  });

  const ask = async (chosen: readonly Flaw[]): Promise<Reply> => {
    const { method = "", path, headers, body } = buildPush(voipToken, providerToken);
    const draft: Draft = { method, path, headers, body };
    // The first check's flaw last: it stands where a later one has changed the same part.
    for (const { spoil } of chosen.toReversed()) spoil(draft);
    return sender.ask(draft);
  };

  for (const one of flaws.flat()) {
    it(`is refused with ${one.reason}: ${one.name}`, async () => {
      const reply = await ask([one]);
      const timestamp = one.reason === "Unregistered" ? { timestamp: goneSince } : {};
      assert.equal(reply.status, APPLE_REASONS.get(one.reason));
      assert.deepEqual(reply.json, { reason: one.reason, ...timestamp });
      assert.equal(reply.headers["content-type"], "application/json");
      assert.match(String(reply.headers["apns-id"]), UUID);
    });
  }

  it("is refused for the first reason in the order of the checks, whatever else is wrong with it", async () => {
    const someFlaws = fc
      .subarray([...flaws], { maxLength: 4 })
      .chain((lines) => fc.tuple(...lines.map((line) => fc.constantFrom(...line))));
    await fc.assert(
      fc.asyncProperty(someFlaws, async (chosen) => {
        const reply = await ask(chosen);
        const reason = chosen[0]?.reason;
        assert.equal(reply.status, reason === undefined ? 200 : APPLE_REASONS.get(reason), reply.text);
        assert.equal(reason === undefined ? undefined : reply.json.reason, reason);
      }),
      { numRuns: 300 },
    );
  });

  it("is accepted with an empty answer and its own id, in either case, or a new one", async () => {
    const id = "123e4567-e89b-12d3-a456-4266554400a0";
    for (const apnsId of [id, id.toUpperCase()]) {
      const reply = await sender.ask(buildPush(voipToken, providerToken, { "apns-id": apnsId }));
      assert.deepEqual([reply.status, reply.text, reply.headers["apns-id"]], [200, "", apnsId]);
    }
    const made = await sender.ask(buildPush(voipToken.toUpperCase(), providerToken));
    assert.match(String(made.headers["apns-id"]), UUID);
    const refused = await sender.ask(buildPush("ab", providerToken, { "apns-id": id }));
    assert.equal(refused.headers["apns-id"], id);
  });

  it("needs no optional header, and takes all that APNs allows", async () => {
    const optional = ["apns-id", "apns-collapse-id", "apns-priority", "apns-expiration", "apns-push-type"];
    const none = Object.fromEntries(optional.map((name) => [name, undefined]));
    assert.equal((await sender.ask(buildPush(voipToken, providerToken, none))).status, 200);
    for (const priority of ["1", "5", "10"]) {
      const headers = {
        "apns-priority": priority,
        "apns-collapse-id": "x".repeat(64),
        "apns-expiration": "1763712000",
      };
      assert.equal((await sender.ask(buildPush(voipToken, providerToken, headers))).status, 200);
    }
    const { headers, ...push } = buildPush(voipToken, providerToken);
    const capital = { ...push, headers: { ...headers, authorization: `Bearer ${providerToken}` } };
    assert.equal((await sender.ask(capital)).status, 200);
  });

  it("may have 5,120 bytes as a VoIP push, and 4,096 without that type", async () => {
    for (const [type, limit] of [
      ["voip", 5120],
      [undefined, 4096],
    ] as const) {
      for (const [bytes, status] of [
        [limit, 200],
        [limit + 1, 413],
      ] as const) {
        const payload = `{"a":"${"x".repeat(bytes - 8)}"}`;
        const reply = await sender.ask(buildPush(voipToken, providerToken, { "apns-push-type": type }, payload));
        assert.equal(reply.status, status, `${bytes} bytes as ${type}`);
      }
    }
  });

  it("of another type than VoIP finds no phone", async () => {
    for (const type of ["alert", "background", "liveactivity", undefined]) {
      const headers = { "apns-push-type": type, "apns-topic": TOPIC.replace(".voip", "") };
      const { json } = await sender.ask(buildPush(voipToken, providerToken, headers));
      assert.equal(json.reason, "DeviceTokenNotForTopic");
    }
  });
});
