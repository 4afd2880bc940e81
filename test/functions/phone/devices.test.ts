import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { registerDevice, type DeviceRegistration } from "../../../functions/src/devices/register-device.ts";
import { alice, bob, startFunctions, type Person } from "../../support/functions.ts";
import { devicePath } from "../../support/line.ts";
import { badAddresses, goodAddresses } from "../../support/server-addresses.ts";

const functions = await startFunctions();
after(() => functions.close());
beforeEach(async () => {
  await functions.clearDatabase();
});

const phone = {
  deviceId: "phone-1",
  platform: "android",
  registration: { kind: "token", value: "a-registration-token-of-alice" },
  appVersion: "3.1.0",
  locale: "ko-KR",
};

async function register(person: Person | undefined, changes: object = {}) {
  return functions.call("registerDevice", person, { ...phone, ...changes });
}

async function read(path: string) {
  return (await functions.services.db.doc(path).get()).data();
}

/** Every audience entry, by device id: a campaign's recipients. */
async function audience(): Promise<Record<string, unknown>> {
  const { db } = functions.services;
  const [shards, devices] = await Promise.all([db.collection("audience").get(), db.collection("devices").get()]);
  const names = new Map(devices.docs.map((doc) => [doc.id, doc.get("deviceId")]));
  const entries = shards.docs.flatMap((shard) => Object.entries((shard.get("devices") ?? {}) as object));
  return Object.fromEntries(entries.map(([id, entry]) => [names.get(id) ?? id, entry]));
}

describe("registerDevice", () => {
  it("saves the device with its user's extens and returns those with the server settings", async () => {
    const serverSettings = { serverAddress: "pbx.example.com", serverPort: 7099, serverSSL: true };
    await functions.services.db.doc("users/alice").set({ ...serverSettings, extens: ["07045144801"] });
    const answer = await register(alice);
    assert.deepEqual(answer.body, { result: { extens: ["07045144801"], serverSettings } });
    const { createdAt, lastSeenAt, audienceShard, ...device } = (await read(devicePath("phone-1"))) ?? {};
    assert.match(audienceShard, /^\d+$/);
    assert.deepEqual(device, {
      uid: "alice",
      deviceId: "phone-1",
      extens: ["07045144801"],
      platform: "android",
      registration: phone.registration,
      appVersion: "3.1.0",
      locale: "ko-KR",
      stale: false,
    });
    assert.ok(createdAt.isEqual(lastSeenAt));
  });

  it("returns null for server settings that are missing, incomplete or out of range", async () => {
    const broken = [
      {},
      { serverAddress: "pbx.example.com", serverSSL: true },
      { serverAddress: "pbx.example.com", serverPort: 0, serverSSL: true },
      { serverAddress: "pbx.example.com", serverPort: 65_536, serverSSL: true },
      { serverAddress: "pbx.example.com", serverPort: 70.5, serverSSL: true },
      { serverAddress: "pbx.example.com", serverPort: "7099", serverSSL: true },
      { serverAddress: "pbx.example.com", serverPort: 7099, serverSSL: "yes" },
    ];
    for (const settings of broken) {
      await functions.services.db.doc("users/alice").set(settings);
      assert.equal((await register(alice)).body.result.serverSettings, null, JSON.stringify(settings));
    }
  });

  it("accepts a host name, an IPv4 or an [IPv6] address for a server address, and nothing else", async () => {
    const addressFor = async (serverAddress: string) => {
      await functions.services.db.doc("users/alice").set({ serverAddress, serverPort: 7099, serverSSL: true });
      return (await functions.call("getServerSettings", alice, null)).body.result?.serverAddress;
    };
    for (const address of goodAddresses) assert.equal(await addressFor(address), address);
    for (const address of badAddresses) assert.equal(await addressFor(address), undefined, JSON.stringify(address));
  });

  it("packs the registration into one audience document", async () => {
    await register(alice);
    const shards = await functions.services.db.collection("audience").get();
    const [, id] = devicePath("phone-1").split("/");
    const entry = { registration: phone.registration, platform: "android" };
    assert.deepEqual(
      shards.docs.map((shard) => [shard.id, shard.data()]),
      [[(await read(devicePath("phone-1")))?.["audienceShard"], { devices: { [id!]: entry } }]],
    );
  });

  it("copies the user's muted campaigns, and removes unmuted ones", async () => {
    await functions.services.db.doc("users/alice").set({ mutedCampaigns: ["pathDaily"] });
    await register(alice);
    assert.deepEqual((await audience())["phone-1"], {
      registration: phone.registration,
      platform: "android",
      muted: ["pathDaily"],
    });
    await functions.services.db.doc("users/alice").set({ mutedCampaigns: [] });
    const registration = { kind: "token", value: "the-next-registration-token" };
    await register(alice, { registration });
    assert.deepEqual((await audience())["phone-1"], { registration, platform: "android" });
  });

  it("keeps when a device was first seen and updates when it was last seen", async () => {
    await register(alice);
    const first = await read(devicePath("phone-1"));
    await register(alice);
    const second = await read(devicePath("phone-1"));
    assert.ok(second?.["createdAt"].isEqual(first?.["createdAt"]));
    assert.ok(second?.["lastSeenAt"].toMillis() >= first?.["lastSeenAt"].toMillis());
  });

  it("moves a phone that logs in as another user", async () => {
    await functions.services.db.doc("users/alice").set({ extens: ["0701"] });
    await functions.services.db.doc("users/bob").set({ extens: ["0702"] });
    await register(alice);
    await register(bob);
    assert.equal(await read(devicePath("phone-1")), undefined);
    const device = await read(devicePath("phone-1", bob));
    assert.deepEqual([device?.["uid"], device?.["extens"]], ["bob", ["0702"]]);
  });

  it("moves a registration that comes under another device id, everywhere", async () => {
    await register(alice);
    await register(bob, { deviceId: "phone-2" });
    assert.equal(await read(devicePath("phone-1")), undefined);
    assert.deepEqual(Object.keys(await audience()), ["phone-2"]);
  });

  it("does not move a registration of the other kind with the same text", async () => {
    await register(alice);
    await register(bob, { deviceId: "phone-2", registration: { ...phone.registration, kind: "fid" } });
    assert.deepEqual(Object.keys(await audience()).toSorted(), ["phone-1", "phone-2"]);
  });

  it("leaves one owner when two users log in on one phone at once", async () => {
    await Promise.all([
      register(alice, { deviceId: "phone-1" }),
      register(bob, { deviceId: "phone-2" }),
      register(alice, { deviceId: "phone-3" }),
      register(bob, { deviceId: "phone-4" }),
    ]);
    const devices = await functions.services.db.collection("devices").get();
    assert.equal(devices.size, 1);
    assert.deepEqual(
      Object.keys(await audience()),
      devices.docs.map((doc) => doc.get("deviceId")),
    );
  });

  it("supports device ids that are awkward as field names", async () => {
    for (const deviceId of ["a.b", "a:b", "1", "__proto", "constructor"]) {
      const answer = await register(alice, {
        deviceId,
        registration: { kind: "token", value: `a-token-for-${deviceId}` },
      });
      assert.equal(answer.status, 200, answer.text);
    }
    assert.deepEqual(Object.keys(await audience()).toSorted(), ["1", "__proto", "a.b", "a:b", "constructor"]);
  });

  it("updates the entry when the platform or the owner changes", async () => {
    await functions.services.db.doc("users/bob").set({ mutedCampaigns: ["pathDaily"] });
    await register(alice);
    await register(alice, { platform: "ios" });
    assert.deepEqual((await audience())["phone-1"], { registration: phone.registration, platform: "ios" });
    await register(bob, { platform: "ios" });
    assert.deepEqual((await audience())["phone-1"], {
      registration: phone.registration,
      platform: "ios",
      muted: ["pathDaily"],
    });
  });

  it("moves the entry between audience documents when their number has changed, and removes it from its former one", async () => {
    await register(alice);
    const { services } = functions;
    await services.db.doc(devicePath("phone-1")).update({ audienceShard: "63" });
    await services.db.recursiveDelete(services.db.collection("audience"));
    const docId = devicePath("phone-1").split("/")[1]!;
    await services.db.doc("audience/63").set({ devices: { [docId]: { registration: phone.registration } } });
    const fewer = { ...services, config: { ...services.config, audienceShards: 7 } };
    const input = {
      ...phone,
      uid: "alice",
      platform: "android",
      registration: { ...phone.registration, kind: "token" },
    };
    await registerDevice(fewer, input as DeviceRegistration);
    const shards = await services.db.collection("audience").get();
    const holding = shards.docs.filter((shard) => Object.keys(shard.get("devices")).length > 0).map(({ id }) => id);
    const { audienceShard } = (await read(devicePath("phone-1"))) ?? {};
    assert.ok(Number(audienceShard) < 7);
    assert.deepEqual(holding, [audienceShard]);
    await functions.call("unregisterDevice", alice, { deviceId: "phone-1" });
    assert.deepEqual(await audience(), {});
  });

  it("keeps twenty phones of a user, drops the one unseen for longest, and says so", async () => {
    const logged = functions.logged.length;
    for (let index = 1; index <= 21; index += 1) {
      const value = `a-registration-token-number-${index}`;
      const { result } = (await register(alice, { deviceId: `phone-${index}`, registration: { kind: "token", value } }))
        .body;
      assert.deepEqual(result.evicted, index > 20 ? ["phone-1"] : undefined);
    }
    const lines = functions.logged.slice(logged).map((line) => JSON.parse(line));
    const told = lines.filter(({ message }) => message === "device_evicted");
    assert.deepEqual(
      told.map(({ severity, deviceId, by }) => [severity, deviceId, by]),
      [["WARNING", "phone-1", "phone-21"]],
    );
    const devices = await functions.services.db.collection("devices").get();
    assert.equal(devices.size, 20);
    assert.equal(await read(devicePath("phone-1")), undefined);
    assert.equal(Object.keys(await audience()).length, 20);
  });

  it("says whose phone another user has taken over, and nothing when its own user registers again", async () => {
    const registration = { kind: "token", value: "a-registration-token-of-a-phone" };
    const logged = functions.logged.length;
    await register(alice, { deviceId: "phone-1", registration });
    await register(alice, { deviceId: "reinstalled", registration });
    await register(bob, { deviceId: "phone-1", registration });
    await register(bob, { deviceId: "phone-1", registration });
    const lines = functions.logged.slice(logged).map((line) => JSON.parse(line));
    assert.deepEqual(
      lines
        .filter(({ message }) => message === "device_moved")
        .map(({ severity, uid, deviceId, to, toDeviceId }) => [severity, uid, deviceId, to, toDeviceId]),
      [["INFO", "alice", "reinstalled", "bob", "phone-1"]],
    );
  });

  const refused: Record<string, object> = {
    "a registration longer than Firestore indexes": { registration: { kind: "token", value: "t".repeat(1025) } },
    "the placeholder token abc": { registration: { kind: "token", value: "abc" } },
    "an empty token": { registration: { kind: "token", value: "" } },
    "a token with a space": { registration: { kind: "token", value: "a token with spaces" } },
    "an unknown kind of registration": { registration: { kind: "apns", value: "a".repeat(64) } },
    "an unknown platform": { platform: "windows" },
    "no device id": { deviceId: undefined },
    "a device id with a slash": { deviceId: "a/b" },
    "a reserved device id": { deviceId: "__x__" },
    "a number as the version": { appVersion: 3 },
  };
  for (const [what, changes] of Object.entries(refused)) {
    it(`refuses ${what} and saves nothing`, async () => {
      const answer = await register(alice, changes);
      assert.deepEqual([answer.status, answer.body.error.status], [400, "INVALID_ARGUMENT"]);
      assert.equal(answer.body.error.details.issues.length > 0, true);
      assert.equal((await functions.services.db.collection("devices").get()).empty, true);
    });
  }

  it("refuses a phone without a login", async () => {
    assert.equal((await register(undefined)).body.error.status, "UNAUTHENTICATED");
  });

  const odd: Record<string, unknown> = {
    "no data field": phone,
    "more than data": { data: phone, token: "a-registration-token" },
    "a type of the callables' protocol": { data: { ...phone, "@type": "type.googleapis.com/unknown" } },
  };
  for (const [what, body] of Object.entries(odd)) {
    it(`refuses a body with ${what}, without a log line`, async () => {
      const before = functions.logged.length;
      const answer = await functions.callRaw("registerDevice", alice, body);
      assert.deepEqual([answer.status, answer.body.error.status], [400, "INVALID_ARGUMENT"]);
      assert.deepEqual(functions.logged.slice(before), []);
    });
  }

  const bytes: Record<string, readonly [body: string | Buffer, headers?: Record<string, string>]> = {
    "broken JSON": ['{"data":{"registration":"a-registration-token'],
    "no UTF-8": [Buffer.from([0x7b, 0x22, 0xc8, 0xab, 0x22, 0x7d])],
    "JSON deeper than any input": [`{"data":${"[".repeat(21)}${"]".repeat(21)}}`],
    "JSON deeper than the stack": [`{"data":${"[".repeat(12_000)}${"]".repeat(12_000)}}`],
    "a protocol type spelt with an escape": [JSON.stringify({ data: { "@type": 1 } }).replace("@", String.raw`\u0040`)],
    "more than 32 KiB": [JSON.stringify({ data: { ...phone, appVersion: "a".repeat(33_000) } })],
    "something compressed": [gzipSync(JSON.stringify({ data: phone })), { "content-encoding": "gzip" }],
    "an unknown encoding": ["{}", { "content-encoding": "zz" }],
    "the type of a form": ["data=a-registration-token", { "content-type": "application/x-www-form-urlencoded" }],
    "no bytes": [""],
  };
  for (const [what, [body, more]] of Object.entries(bytes)) {
    it(`answers a body that is ${what} in the callables' protocol, without a log line`, async () => {
      const before = functions.logged.length;
      const headers = { "content-type": "application/json", ...more };
      const answer = await fetch(functions.urls.registerDevice, { method: "POST", headers, body });
      const { error } = (await answer.json()) as { error: { status: string } };
      assert.deepEqual([answer.status, error.status], [400, "INVALID_ARGUMENT"]);
      assert.deepEqual(functions.logged.slice(before), []);
    });
  }

  it("never logs a registration", () => {
    assert.doesNotMatch(functions.logged.join("\n"), /a-registration-token|the-next-registration/);
  });
});

describe("unregisterDevice", () => {
  it("takes the device out of the collection and the audience", async () => {
    await register(alice);
    const answer = await functions.call("unregisterDevice", alice, { deviceId: "phone-1" });
    assert.deepEqual(answer.body, { result: { removed: true } });
    assert.equal(await read(devicePath("phone-1")), undefined);
    assert.deepEqual(await audience(), {});
  });

  it("keeps a phone that another user has by now", async () => {
    await register(bob);
    const answer = await functions.call("unregisterDevice", alice, { deviceId: "phone-1" });
    assert.deepEqual(answer.body, { result: { removed: false } });
    assert.equal((await read(devicePath("phone-1", bob)))?.["uid"], "bob");
  });

  it("accepts an unknown phone", async () => {
    const answer = await functions.call("unregisterDevice", alice, { deviceId: "unknown" });
    assert.deepEqual(answer.body, { result: { removed: false } });
  });
});

describe("getServerSettings", () => {
  it("returns the three settings and nothing else of the user", async () => {
    const settings = { serverAddress: "10.0.0.5", serverPort: 7099, serverSSL: false };
    await functions.services.db.doc("users/alice").set({ ...settings, extens: ["0701"] });
    assert.deepEqual((await functions.call("getServerSettings", alice, null)).body, { result: settings });
  });

  it("returns null when none are saved", async () => {
    assert.deepEqual((await functions.call("getServerSettings", bob, {})).body, { result: null });
  });
});
