import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { alice, bob, startFunctions, type Person } from "../../support/functions.ts";
import { devicePath, resetState } from "../../support/line.ts";
import { until } from "../../support/until.ts";

const functions = await startFunctions({ AUDIENCE_SHARDS: "2" });
after(() => functions.close());

const voip = { token: "0123456789ABCDEF".repeat(4), topic: "com.example.app.voip", environment: "production" } as const;
const stored = { ...voip, token: voip.token.toLowerCase() };
const facts = { os: "ios", osVersion: "26.4", model: "iPhone18,1", notifications: true, batteryRestricted: false };

/** Registers an iPhone; the same registration each time, unless `change` has another one. */
async function register(person: Person, change: object = {}) {
  const { token } = functions.fcm.createRegistration({ platform: "ios" });
  const registration = { kind: "token", value: token };
  return functions.call("registerDevice", person, { deviceId: "iphone", platform: "ios", registration, ...change });
}

/** The VoIP address of Alice's phone, without its time. */
async function readVoip(): Promise<object | undefined> {
  const { registeredAt, ...address } = (await read(alice))?.["voip"] ?? {};
  return registeredAt === undefined ? undefined : address;
}

async function read(person: Person): Promise<Record<string, any> | undefined> {
  return (await functions.services.db.doc(devicePath("iphone", person)).get()).data();
}

describe("an iPhone's VoIP token", () => {
  beforeEach(() => resetState(functions));

  it("is kept with the device, in lower case, until the app says otherwise", async () => {
    assert.equal((await register(alice, { voip })).status, 200);
    assert.deepEqual(await readVoip(), stored);
    // PushKit may be slower than FCM: a request without a token does not take it away.
    await register(alice);
    assert.deepEqual(await readVoip(), stored);
    await register(alice, { voip: { ...voip, token: "ab".repeat(32) } });
    assert.equal((await read(alice))?.["voip"].token, "ab".repeat(32));
    await register(alice, { voip: null });
    assert.equal((await read(alice))?.["voip"], undefined);
  });

  it("keeps the environment that took the last push, for as long as it is the same token", async () => {
    await register(alice, { voip });
    await functions.services.db.doc(devicePath("iphone")).update({ "voip.environment": "sandbox" });
    await register(alice, { voip });
    assert.equal((await read(alice))?.["voip"].environment, "sandbox");
    await register(alice, { voip: { ...voip, token: "cd".repeat(32) } });
    assert.equal((await read(alice))?.["voip"].environment, "production");
  });

  it("is as old as its token, however often the app sends that", async () => {
    const readTime = async () => (await read(alice))?.["voip"].registeredAt.toMillis();
    await register(alice, { voip });
    const first = await readTime();
    assert.equal(first, (await read(alice))?.["lastSeenAt"].toMillis());
    await until(() => Date.now() > first);
    for (const change of [{ voip }, { voip: { ...voip, token: stored.token } }, {}]) await register(alice, change);
    assert.equal(await readTime(), first);
    await register(alice, { voip: { ...voip, token: "ef".repeat(32) } });
    assert.equal(await readTime(), (await read(alice))?.["lastSeenAt"].toMillis());
  });

  it("moves the phone to the user who registers it, as its registration does", async () => {
    await register(alice, { voip });
    assert.equal((await register(bob, { voip })).status, 200);
    assert.deepEqual([await read(alice), (await read(bob))?.["voip"].token], [undefined, stored.token]);
  });

  it("takes its age and the environment that took the last push along to another user", async () => {
    await register(alice, { voip });
    await functions.services.db.doc(devicePath("iphone")).update({ "voip.environment": "sandbox" });
    const known = (await read(alice))?.["voip"];
    await until(() => Date.now() > known.registeredAt.toMillis());
    await register(bob, { voip });
    assert.deepEqual((await read(bob))?.["voip"], known);
  });

  it("is refused with a reason when it cannot be one, and nothing is registered", async () => {
    const wrong: readonly (readonly [object, RegExp])[] = [
      [{ ...voip, token: "xyz" }, /voip\.token/],
      [{ ...voip, token: "abc" }, /voip\.token/],
      [{ ...voip, topic: "com.example.app" }, /voip\.topic.*\.voip/],
      [{ ...voip, environment: "development" }, /voip\.environment/],
      [{ token: voip.token }, /voip\.topic/],
    ];
    for (const [value, reason] of wrong) {
      const { status, text } = await register(alice, { voip: value });
      assert.equal(status, 400, text);
      assert.match(text, reason);
      assert.doesNotMatch(text, /0123456789/i);
    }
    assert.equal(await read(alice), undefined);
  });
});

describe("the facts of a phone", () => {
  beforeEach(() => resetState(functions));

  it("are kept with the device, and replaced by new ones", async () => {
    await register(alice, { facts });
    assert.deepEqual((await read(alice))?.["facts"], facts);
    await register(alice);
    assert.deepEqual((await read(alice))?.["facts"], facts);
    await register(alice, { facts: { os: "ios" } });
    assert.deepEqual((await read(alice))?.["facts"], { os: "ios" });
  });

  it("are booleans and short texts, not more than twenty", async () => {
    const many = Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`fact${index}`, true]));
    for (const value of [many, { os: 26 }, { os: "x".repeat(65) }, { "a b": true }, { constructor: {} }, [], "ios"]) {
      const { status, text } = await register(alice, { facts: value });
      assert.deepEqual([status, /facts/.test(text)], [400, true], JSON.stringify(value));
    }
  });
});
