import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CallClientOptions } from "../../packages/client/src/call-client.ts";
import { CallableRefusal, callPush, createPhone, endPush, ringId, settled } from "../support/phone.ts";
import { OpenSocket, RefusedSocket, SilentSocket } from "./sockets.ts";

const facts = {
  receivedAt: "2026-11-02T03:04:06.000Z",
  sentAt: "2026-11-02T03:04:05.500Z",
  priority: "normal",
  originalPriority: "high",
} as const;
const never = async () => new Promise<never>(() => undefined);
const offline = async () => Promise.reject(new Error("offline"));

/** What keeps a phone from its PBX, and how the phone calls it. */
const obstacles: readonly (readonly [string, Partial<CallClientOptions>, string])[] = [
  ["its user has saved no settings", { loadServerSettings: async () => null }, "no_settings"],
  ["its settings cannot be loaded", { loadServerSettings: offline }, "no_settings"],
  ["its settings do not come", { loadServerSettings: never }, "no_settings"],
  ["its PBX refuses the connection", { WebSocket: RefusedSocket }, "no_connection"],
  ["its PBX does not answer", { WebSocket: SilentSocket }, "no_connection"],
];

/** Lets a call ring for its time. */
async function ringOut(phone: ReturnType<typeof createPhone>): Promise<void> {
  for (let second = 0; second < 30; second += 1) {
    await settled();
    phone.clock.advance(1_000);
  }
  await settled();
}

describe("a phone that was woken", () => {
  for (const [name, options, reason] of obstacles) {
    it(`says so when ${name}, and then shows a missed call`, async () => {
      const phone = createPhone({ port: 0, ...options });
      const woken = phone.client.receivePush(callPush(), { facts });
      await ringOut(phone);
      assert.equal(await woken, "over");
      const report = { callId: ringId, deviceId: "phone-1", facts };
      assert.deepEqual(phone.reports, [
        { ...report, event: "received" },
        { ...report, event: "failed", reason },
      ]);
      assert.deepEqual(phone.told, ["ended 홍길동 unreachable"]);
      phone.client.disconnect();
    });
  }

  it("says so when the call ends while its PBX refuses the connection", async () => {
    const phone = createPhone({ port: 0, WebSocket: RefusedSocket });
    const woken = phone.client.receivePush(callPush());
    await settled();
    await phone.client.receivePush(endPush());
    await woken;
    assert.deepEqual(phone.receipts(), ["received", "failed"]);
    phone.client.disconnect();
  });

  it("does not say so when it has its PBX, when another phone has answered, or when the call is not its own", async () => {
    const connected = createPhone({ port: 0, WebSocket: OpenSocket });
    connected.service.answer = never;
    const late = connected.client.receivePush(callPush({ expiresAt: "2026-11-02T03:04:08.000Z" }));
    await ringOut(connected);
    assert.equal(await late, "over");
    assert.ok(!connected.receipts().includes("failed"));

    const other = createPhone({ port: 0, WebSocket: RefusedSocket });
    const answered = other.client.receivePush(callPush());
    await settled();
    await other.client.receivePush(endPush("answered_elsewhere"));
    await answered;
    assert.deepEqual(other.receipts(), ["received"]);
    other.client.disconnect();

    const foreign = createPhone({ port: 0, WebSocket: RefusedSocket });
    foreign.service.answer = async () => Promise.reject(new CallableRefusal());
    await foreign.client.receivePush(callPush());
    assert.deepEqual(foreign.receipts(), ["received"]);
    foreign.client.disconnect();
  });

  for (const [name, Socket] of [
    ["does not answer", SilentSocket],
    ["refuses", RefusedSocket],
  ] as const) {
    it(`says so, and no sooner, when the app closes the connection while its PBX ${name}`, async () => {
      const phone = createPhone({ port: 0, WebSocket: Socket });
      const woken = phone.client.receivePush(callPush());
      await settled();
      phone.client.disconnect();
      await settled();
      assert.deepEqual(phone.told, []);
      await ringOut(phone);
      assert.equal(await woken, "over");
      assert.deepEqual(phone.receipts(), ["received", "failed"]);
      assert.deepEqual(phone.told, ["ended 홍길동 unreachable"]);
      await settled();
      assert.deepEqual([phone.client.connection, phone.clock.waits], ["disconnected", []]);
    });
  }

  it("says so even if the service cannot be reached at first, and rejects nothing if it never can", async () => {
    const phone = createPhone({ port: 0, loadServerSettings: async () => null });
    phone.service.answer = offline;
    const woken = phone.client.receivePush(callPush());
    for (let rings = 0; rings < 2; rings += 1) await ringOut(phone);
    assert.equal(await woken, "over");
    assert.ok(phone.receipts().filter((event) => event === "failed").length > 3);
    assert.deepEqual(phone.clock.waits, []);
  });
});

describe("a call that was answered before its phone had the PBX", () => {
  for (const [name, options, reason] of obstacles) {
    for (const when of ["before its push", "after its push"] as const) {
      // Without settings, the call is over as soon as its push has come.
      if (when === "after its push" && name === obstacles[0]?.[0]) continue;
      it(`${when} is over when ${name}`, async () => {
        const phone = createPhone({ port: 0, ...options });
        if (when === "before its push") await phone.client.answer(ringId);
        const woken = phone.client.receivePush(callPush(), { channel: "apns" });
        await settled();
        if (when === "after its push") await phone.client.answer(ringId);
        await ringOut(phone);
        assert.equal(await woken, "over");
        assert.equal(phone.told.at(-1), "ended 홍길동 unreachable");
        const after = phone.reports.slice(phone.receipts().indexOf("failed"));
        assert.deepEqual(
          after.map((report) => [report.event, report.reason]),
          [
            ["failed", reason],
            ["ended", undefined],
          ],
        );
        phone.client.disconnect();
      });
    }
  }

  it("is kept when the user has hung up, and when the PBX came in time", async () => {
    const hungUp = createPhone({ port: 0, WebSocket: SilentSocket });
    void hungUp.client.receivePush(callPush(), { channel: "apns" });
    await settled();
    await hungUp.client.answer(ringId);
    await hungUp.client.hangUp(ringId);
    await ringOut(hungUp);
    assert.deepEqual(hungUp.receipts(), ["received", "answered", "ended"]);
    hungUp.client.disconnect();

    const connected = createPhone({ port: 0, WebSocket: OpenSocket });
    await connected.client.answer(ringId);
    assert.equal(await connected.client.receivePush(callPush(), { channel: "apns" }), "active");
    await ringOut(connected);
    assert.equal(connected.client.calls[0]?.state, "active");
    connected.client.disconnect();
  });
});

it("a phone sends what it knows of the first push with every report of the call, and nothing if it knows nothing", async () => {
  const phone = createPhone({ port: 0, WebSocket: OpenSocket });
  await phone.client.receivePush(callPush(), { facts });
  await phone.client.receivePush(callPush(), { facts: { priority: "high" } });
  await phone.client.answer(ringId);
  await phone.client.receivePush(callPush({ callId: "ring-2", linkedId: "2" }));
  assert.deepEqual(
    phone.reports.map((report) => [report.event, report.facts]),
    [
      ["received", facts],
      ["ready", facts],
      ["answered", facts],
      ["ready", undefined],
    ],
  );
});
