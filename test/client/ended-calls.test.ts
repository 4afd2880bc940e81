import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TextStorage } from "../../packages/client/src/call-client.ts";
import { callPush, createPhone, endPush, ringId, settled } from "../support/phone.ts";
import { OpenSocket } from "./sockets.ts";

/** A phone whose app starts with this storage. */
const startApp = (storage: TextStorage) => createPhone({ port: 0, WebSocket: OpenSocket, storage });
const callOf = (callId: string) => callPush({ callId, linkedId: callId });

/** A storage like AsyncStorage: it takes a turn. */
function createStorage(stored?: string) {
  const texts = new Map<string, string>();
  const storage: TextStorage = {
    getItem: async (key) => texts.get(key) ?? stored ?? null,
    setItem: async (key, value) => void texts.set(key, value),
  };
  return { ...storage, ids: () => [...texts.values()].flatMap((text) => JSON.parse(text) as string[]) };
}

describe("the ended calls of a phone", () => {
  for (const [name, end] of [
    ["declined", async ({ client }) => client.decline(ringId)],
    ["ended by a push", async ({ client }) => client.receivePush(endPush())],
    ["over before it came", async ({ client }) => client.receivePush(endPush("missed"))],
    ["hung up", async ({ client }) => client.answer(ringId).then(() => client.hangUp(ringId))],
    ["over by its time", async ({ clock }) => clock.advance(30_000)],
  ] as const satisfies readonly (readonly [string, (phone: ReturnType<typeof startApp>) => unknown])[]) {
    it(`outlive a restart of the app: one that was ${name} does not come back`, async () => {
      const storage = createStorage();
      const before = startApp(storage);
      if (name !== "over before it came") await before.client.receivePush(callPush());
      await end(before);
      await settled();
      const after = startApp(storage);
      assert.equal(await after.client.receivePush(callPush(), { channel: "apns" }), "over");
      assert.deepEqual([after.told, after.reports], [[], []]);
    });
  }

  it("do not have a call that still rings, or that only the PBX has announced", async () => {
    const storage = createStorage();
    await startApp(storage).client.receivePush(callPush());
    assert.equal(await startApp(storage).client.receivePush(callPush()), "ringing");
    assert.deepEqual(storage.ids(), []);
  });

  it("are the last hundred, those of earlier runs first", async () => {
    const earlier = Array.from({ length: 98 }, (_, index) => `earlier-${index}`);
    const storage = createStorage(JSON.stringify(earlier));
    const { client } = startApp(storage);
    for (const id of ["one", "two", "three", "one"]) await client.receivePush(endPush("missed", id));
    await settled();
    assert.deepEqual(storage.ids(), [...earlier.slice(1), "one", "two", "three"]);
    assert.equal(await client.receivePush(callOf("earlier-1")), "over");
    assert.equal(await client.receivePush(callOf("earlier-0")), "ringing");
  });

  it("are remembered without a storage, a hundred of them, while other calls come and go", async () => {
    const phone = createPhone({ port: 0, WebSocket: OpenSocket });
    for (let call = 0; call < 100; call += 1) {
      await phone.client.receivePush(callOf(`${call}`));
      await phone.client.decline(`${call}`);
    }
    for (let call = 0; call < 100; call += 1) assert.equal(await phone.client.receivePush(callOf(`${call}`)), "over");
    assert.equal(phone.told.length, 200);
  });

  it("keep two pushes of one call together while the storage is read", async () => {
    const phone = startApp(createStorage());
    await Promise.all([phone.client.receivePush(callPush()), phone.client.receivePush(callPush())]);
    assert.deepEqual(phone.told, ["incoming 홍길동"]);
    const ended = startApp(createStorage());
    const [, result] = await Promise.all([ended.client.receivePush(endPush()), ended.client.receivePush(callPush())]);
    assert.deepEqual([result, ended.told], ["over", []]);
  });

  const broken: readonly (readonly [string, TextStorage])[] = [
    ["throws", { getItem: () => assert.fail(), setItem: () => assert.fail() }],
    ["rejects", { getItem: async () => assert.fail(), setItem: async () => assert.fail() }],
    ["has something else", createStorage("not JSON")],
    ["has another value", createStorage('{"a":1}')],
    ["has null", createStorage("null")],
  ];
  for (const [name, storage] of broken) {
    it(`do not keep a call from ringing, or from being over, when the storage ${name}`, async () => {
      const phone = startApp(storage);
      assert.equal(await phone.client.receivePush(callPush()), "ringing");
      await phone.client.decline(ringId);
      await settled();
      assert.equal(await phone.client.receivePush(callPush()), "over");
    });
  }

  it("are read again after a read that failed, and are not lost by a write before that", async () => {
    const storage = createStorage(JSON.stringify(["earlier"]));
    let failures = 0;
    const phone = startApp({
      ...storage,
      getItem: async (key) => {
        failures += 1;
        return failures <= 1 ? assert.fail() : storage.getItem(key);
      },
    });
    await phone.client.receivePush(endPush("missed", "one"));
    await settled();
    assert.deepEqual(storage.ids(), []);
    await phone.client.receivePush(endPush("missed", "two"));
    await settled();
    assert.deepEqual(storage.ids(), ["earlier", "one", "two"]);
    assert.equal(await phone.client.receivePush(callOf("earlier")), "over");
  });

  it("know of an end at once, before the storage is read: a call that waits for it does not ring", async () => {
    const { promise, resolve } = Promise.withResolvers<string | null>();
    const stored: string[] = [];
    const phone = startApp({ getItem: async () => promise, setItem: (_key, value) => stored.push(value) });
    const woken = phone.client.receivePush(callPush());
    await settled();
    phone.clock.advance(500);
    void phone.client.receivePush(endPush());
    await settled();
    phone.clock.advance(500);
    assert.equal(await woken, "over");
    assert.deepEqual(phone.told, []);
    resolve('["earlier"]');
    await settled();
    assert.deepEqual(stored, [JSON.stringify(["earlier", ringId])]);
  });

  it("are stored when the push has been handled, so that the process may end", async () => {
    const write = Promise.withResolvers<void>();
    const phone = startApp({ ...createStorage(), setItem: async () => write.promise });
    const handled = phone.client.receivePush(endPush());
    assert.equal(await Promise.race([handled, settled()]), undefined);
    write.resolve();
    assert.equal(await handled, "over");
  });

  for (const [name, act] of [
    ["declined", async ({ client }) => client.decline(ringId)],
    ["hung up", async ({ client }) => client.answer(ringId).then(() => client.hangUp(ringId))],
  ] as const satisfies readonly (readonly [string, (phone: ReturnType<typeof startApp>) => Promise<void>])[]) {
    it(`are stored when the user has ${name}, and the report does not wait for that`, async () => {
      const write = Promise.withResolvers<void>();
      const phone = startApp({ ...createStorage(), setItem: async () => write.promise });
      await phone.client.receivePush(callPush());
      const acted = act(phone).then(() => "done");
      assert.equal(await Promise.race([acted, settled()]), undefined);
      assert.equal(phone.receipts().at(-1), name === "declined" ? "declined" : "ended");
      write.resolve();
      assert.equal(await acted, "done");

      const hanging = startApp({ ...createStorage(), setItem: async () => new Promise(() => undefined) });
      await hanging.client.receivePush(callPush());
      const late = act(hanging).then(() => "done");
      await settled();
      hanging.clock.advance(1_000);
      assert.equal(await Promise.race([late, settled()]), "done");
    });
  }

  it("are stored by later writes when one takes for ever, and keep a push for a second at most", async () => {
    const stored: string[] = [];
    const never = new Promise(() => undefined);
    const phone = startApp({
      ...createStorage(),
      setItem: async (_key, value) => (stored.push(value) === 1 ? never : undefined),
    });
    const handled = phone.client.receivePush(endPush("missed", "one"));
    await settled();
    const next = phone.client.receivePush(endPush("missed", "two"));
    await settled();
    phone.clock.advance(1_000);
    await settled();
    assert.deepEqual([await handled, await next, stored.at(-1)], ["over", "over", '["one","two"]']);
  });

  it("make later calls not wait for a storage that is slow, but again after a read that failed", async () => {
    const reads: ((reason: Error) => void)[] = [];
    const storage = createStorage();
    const phone = startApp({
      ...storage,
      getItem: async () => new Promise((_resolve, reject) => reads.push(reject)),
    });
    const woken = phone.client.receivePush(callOf("one"));
    await settled();
    phone.clock.advance(1_000);
    assert.equal(await woken, "ringing");
    assert.equal(await Promise.race([phone.client.receivePush(callOf("two")), settled()]), "ringing");
    reads[0]?.(new Error("no storage"));
    await settled();
    assert.equal(await Promise.race([phone.client.receivePush(callOf("three")), settled()]), undefined);
    phone.client.close();
  });

  it("make a call wait for the storage for a second at most, and count when they come later", async () => {
    const { promise, resolve } = Promise.withResolvers<string | null>();
    const stored: string[] = [];
    const phone = startApp({ getItem: async () => promise, setItem: (_key, value) => stored.push(value) });
    const woken = phone.client.receivePush(callPush());
    await settled();
    assert.deepEqual(phone.told, []);
    phone.clock.advance(1_000);
    assert.equal(await woken, "ringing");
    const declined = phone.client.decline(ringId);
    resolve('["earlier"]');
    await declined;
    await settled();
    assert.deepEqual(stored, [JSON.stringify(["earlier", ringId])]);
    assert.equal(await phone.client.receivePush(callOf("earlier")), "over");
  });
});
