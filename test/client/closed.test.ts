import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { NotConnected, type CallReport, type CallState } from "../../packages/client/src/call-client.ts";
import { callPush, createPhone, endPush, ringId, settled } from "../support/phone.ts";
import { OpenSocket, RefusedSocket, SilentSocket } from "./sockets.ts";

type Phone = ReturnType<typeof createPhone>;

const never = async () => new Promise<never>(() => undefined);
const fails = async () => Promise.reject(new Error("no network"));

/** What can happen to a phone before its client is closed. */
const steps: Readonly<Record<string, (phone: Phone) => Promise<unknown>>> = {
  voip: async ({ client }) => client.receivePush(callPush(), { channel: "apns" }),
  alert: async ({ client }) => client.receivePush(callPush()),
  another: async ({ client }) => client.receivePush(callPush({ callId: "ring-2", linkedId: "2" }), { channel: "apns" }),
  end: async ({ client }) => client.receivePush(endPush()),
  answer: async ({ client }) => client.answer(ringId),
  decline: async ({ client }) => client.decline(ringId),
  hangUp: async ({ client }) => client.hangUp(ringId),
  connect: async ({ client }) => client.ensureConnected().catch(() => undefined),
  disconnect: async ({ client }) => client.disconnect(),
  second: async ({ clock }) => clock.advance(1_000),
};
const services: Readonly<Record<string, ((report: CallReport) => Promise<CallState>) | undefined>> = {
  answers: undefined,
  hangs: never,
  fails,
};
const sockets = { open: OpenSocket, silent: SilentSocket, refused: RefusedSocket };
const storages = {
  empty: { getItem: async () => null, setItem: async () => undefined },
  hangs: { getItem: never, setItem: never },
};

const life = fc.record({
  steps: fc.array(fc.constantFrom(...Object.keys(steps)), { maxLength: 12 }),
  service: fc.constantFrom(...Object.keys(services)),
  socket: fc.constantFrom("open" as const, "silent" as const, "refused" as const),
  storage: fc.constantFrom("empty" as const, "hangs" as const),
});

describe("a client that is closed", () => {
  it("has no timer, no call and no connection, sends and tells nothing more, and leaves nobody waiting", async () => {
    await fc.assert(
      fc.asyncProperty(life, async (one) => {
        const phone = createPhone({ port: 0, WebSocket: sockets[one.socket], storage: storages[one.storage] });
        phone.service.answer = services[one.service] ?? phone.service.answer;
        const done: Promise<unknown>[] = [];
        for (const step of one.steps) {
          done.push(steps[step]!(phone));
          await settled();
        }
        phone.client.close();
        const [told, reports] = [phone.told.length, phone.reports.length];
        await settled();
        for (const step of one.steps) done.push(steps[step]!(phone));
        await settled();
        assert.deepEqual(phone.clock.waits, []);
        assert.equal(await Promise.race([Promise.all(done).then(() => "done"), settled()]), "done");
        phone.clock.advance(120_000);
        await settled();
        assert.deepEqual([phone.told.length, phone.reports.length], [told, reports]);
        assert.deepEqual([phone.client.calls, phone.client.connection], [[], "disconnected"]);
      }),
      { numRuns: 100 },
    );
  });

  it("lets no call ring, and opens no connection", async () => {
    const phone = createPhone({ port: 0, WebSocket: OpenSocket });
    phone.client.close();
    phone.client.close();
    assert.equal(await phone.client.receivePush(callPush(), { channel: "apns" }), "over");
    assert.equal(await phone.client.receivePush({ type: "silent" }), "ignored");
    await assert.rejects(phone.client.ensureConnected(), NotConnected);
    await phone.client.answer(ringId);
    assert.deepEqual([phone.told, phone.reports, phone.client.connection], [[], [], "disconnected"]);
  });
});
