import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { callPush, createPhone, newchannel, ringId, settled } from "../support/phone.ts";
import { OpenSocket, SilentSocket } from "./sockets.ts";

type Phone = ReturnType<typeof createPhone>;

/** A phone with a call that rings. */
async function startPhone(data: Record<string, string> = {}): Promise<Phone> {
  const phone = createPhone({ port: 0, WebSocket: OpenSocket });
  await phone.client.receivePush(callPush(data));
  return phone;
}

/** A service that does not answer, in either way; returns what the service has got since. */
function loseNetwork(phone: Phone, how: "fails" | "hangs"): { comeBack: () => void; readonly received: string[] } {
  const { answer } = phone.service;
  const received: string[] = [];
  phone.service.answer = async () =>
    how === "hangs" ? new Promise(() => undefined) : Promise.reject(new Error("lost"));
  return {
    received,
    comeBack: () => {
      phone.service.answer = async (report) => {
        received.push(report.event);
        return answer(report);
      };
    },
  };
}

async function pass(phone: Phone, seconds: number): Promise<void> {
  for (let step = 0; step < seconds * 4; step += 1) {
    phone.clock.advance(250);
    await settled();
  }
}

/** What the user does on a ringing call, and what the service must hear of it. */
const choices = {
  decline: { act: async ({ client }: Phone) => client.decline(ringId), heard: ["declined"] },
  answer: { act: async ({ client }: Phone) => client.answer(ringId), heard: ["answered"] },
  hangUp: {
    act: async ({ client }: Phone) => Promise.all([client.answer(ringId), client.hangUp(ringId)]),
    heard: ["answered", "ended"],
  },
} as const;
const anyChoice = fc.constantFrom(...Object.values(choices));
const anyLoss = fc.constantFrom("fails" as const, "hangs" as const);

describe("what the user does without a network", () => {
  it("reaches the service once, in order, seconds after the network is back, while the call rings", async () => {
    await fc.assert(
      fc.asyncProperty(anyChoice, anyLoss, fc.integer({ min: 0, max: 24 }), async ({ act, heard }, how, seconds) => {
        const phone = await startPhone();
        const network = loseNetwork(phone, how);
        const done = act(phone).then(() => "done");
        await pass(phone, seconds);
        network.comeBack();
        await pass(phone, 5);
        assert.deepEqual(network.received, heard);
        assert.equal(await Promise.race([done, settled()]), "done");
        assert.deepEqual(phone.clock.waits, []);
      }),
      { numRuns: 30 },
    );
  });

  it("is tried for the ring time of its call, and no longer", async () => {
    for (const [ringSeconds, expiresAt] of [
      [30, "2026-11-02T03:04:35.000Z"],
      [60, "2026-11-02T03:05:05.000Z"],
    ] as const) {
      const phone = await startPhone({ expiresAt });
      loseNetwork(phone, "fails");
      const declined = phone.client.decline(ringId).then(() => "done");
      await pass(phone, ringSeconds - 2);
      const before = phone.reports.length;
      await pass(phone, 1);
      assert.ok(phone.reports.length > before);
      await pass(phone, 3);
      assert.equal(await Promise.race([declined, settled()]), "done");
      assert.deepEqual(phone.clock.waits, []);
    }
  });

  it("is not tried after the client is closed", async () => {
    const phone = await startPhone();
    loseNetwork(phone, "fails");
    const declined = phone.client.decline(ringId);
    await pass(phone, 2);
    phone.client.close();
    await declined;
    const before = phone.reports.length;
    await pass(phone, 30);
    assert.equal(phone.reports.length, before);
  });

  it("does not make a phone try longer to say that it is ready", async () => {
    const phone = createPhone({ port: 0, WebSocket: OpenSocket });
    loseNetwork(phone, "fails");
    const woken = phone.client.receivePush(callPush());
    await pass(phone, 10);
    assert.equal(await woken, "ringing");
    assert.equal(phone.receipts().filter((event) => event === "ready").length, 3);
  });
});

describe("a call that was answered and never got to its PBX, without a network", () => {
  /** A phone that rings on CallKit's screen, and looks for its PBX until the ring time of 30 seconds is over. */
  async function startAnswered(how: "fails" | "hangs") {
    const phone = createPhone({ port: 0, WebSocket: SilentSocket });
    const network = loseNetwork(phone, how);
    const woken = phone.client.receivePush(callPush(), { channel: "apns" });
    await pass(phone, 5);
    void phone.client.answer(ringId);
    return { phone, network, woken };
  }

  for (const [name, when, heard] of [
    ["is reported in order, and with its reason", fc.integer({ min: 5, max: 23 }), ["answered", "failed", "ended"]],
    // The service would take a late answer for a talk, and silence the colleagues' phones.
    ["is not reported as answered once it is over", fc.integer({ min: 31, max: 33 }), ["failed", "ended"]],
  ] as const) {
    it(name, async () => {
      await fc.assert(
        fc.asyncProperty(anyLoss, when, async (how, seconds) => {
          const { phone, network, woken } = await startAnswered(how);
          await pass(phone, seconds - 5);
          network.comeBack();
          await pass(phone, 40 - seconds);
          const told = network.received.filter((event) => event !== "received");
          assert.deepEqual(told, heard);
          assert.equal(phone.reports.find(({ event }) => event === "failed")?.reason, "no_connection");
          assert.equal(await Promise.race([woken, settled()]), "over");
          phone.client.disconnect();
          assert.deepEqual(phone.clock.waits, []);
        }),
        { numRuns: 12 },
      );
    });
  }

  it("is not reported as answered when the user has hung up before the phone had its PBX", async () => {
    await fc.assert(
      fc.asyncProperty(anyLoss, async (how) => {
        const { phone, network } = await startAnswered(how);
        await pass(phone, 7);
        void phone.client.hangUp(ringId);
        await pass(phone, 8);
        network.comeBack();
        await pass(phone, 6);
        assert.deepEqual(
          network.received.filter((event) => event !== "received"),
          ["ended"],
        );
        phone.client.close();
      }),
      { numRuns: 4 },
    );
  });

  it("is reported as answered, when the phone had its PBX and only the service was silent", async () => {
    await fc.assert(
      fc.asyncProperty(anyLoss, async (how) => {
        const phone = createPhone({ port: 0, WebSocket: OpenSocket });
        const network = loseNetwork(phone, how);
        void phone.client.receivePush(callPush(), { channel: "apns" });
        await pass(phone, 0.25);
        void phone.client.answer(ringId);
        await pass(phone, 5);
        void phone.client.hangUp(ringId);
        network.comeBack();
        await pass(phone, 8);
        const told = network.received.filter((event) => event !== "received" && event !== "ready");
        assert.deepEqual(told, ["answered", "ended"]);
        phone.client.close();
      }),
      { numRuns: 4 },
    );
  });

  it("is tried for ten seconds after its ring time, and no longer", async () => {
    const { phone, woken } = await startAnswered("fails");
    await pass(phone, 32.75);
    const before = phone.reports.length;
    await pass(phone, 2);
    assert.ok(phone.reports.length > before);
    assert.equal(await Promise.race([woken, settled()]), undefined);
    await pass(phone, 4);
    assert.equal(await Promise.race([woken, settled()]), "over");
    phone.client.disconnect();
    assert.deepEqual(phone.clock.waits, []);
  });
});

it("a phone says why it failed as long as the call rings elsewhere, though it gave up at once", async () => {
  const phone = createPhone({ port: 0, loadServerSettings: async () => null });
  const network = loseNetwork(phone, "fails");
  const woken = phone.client.receivePush(callPush());
  await pass(phone, 20);
  assert.deepEqual(phone.told, ["ended 홍길동 unreachable"]);
  network.comeBack();
  await pass(phone, 3);
  assert.deepEqual([network.received, await woken], [["failed"], "over"]);
  assert.deepEqual(phone.clock.waits, []);
});

it("an answer and a hangup before the push of their call are both reported when it comes", async () => {
  const sockets: AnnouncingSocket[] = [];
  class AnnouncingSocket extends OpenSocket {
    constructor() {
      super();
      sockets.push(this);
    }
  }
  const phone = createPhone({ port: 0, WebSocket: AnnouncingSocket });
  await phone.client.ensureConnected();
  sockets[0]?.hear(newchannel());
  const [call] = phone.client.calls;
  await phone.client.answer(call!.id);
  await phone.client.hangUp(call!.id);
  assert.equal(await phone.client.receivePush(callPush({ pbxRingId: "1763712000.17" })), "over");
  assert.deepEqual(phone.receipts(), ["answered", "ended"]);
});
