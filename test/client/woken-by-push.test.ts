import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import type { ServerSettings } from "../../packages/client/src/call-client.ts";
import { startHub } from "../../local/pbx/hub.ts";
import { CallableRefusal, callPush, createPhone, endPush, ringId, settled } from "../support/phone.ts";
import { createTimerClock } from "../support/timer-clock.ts";
import { until } from "../support/until.ts";
import { OpenSocket } from "./sockets.ts";

const hub = await startHub();
after(() => hub.close());

/** Never opens: the phone is still connecting to the PBX. */
const neverLoads = () => new Promise<never>(() => undefined);

const settings: ServerSettings = { serverAddress: "127.0.0.1", serverPort: 1, serverSSL: false };

/** Lets the three attempts at a report fail one after the other; takes two seconds on the phone's clock. */
async function failReports(phone: ReturnType<typeof createPhone>): Promise<void> {
  await until(() => phone.receipts().includes("ready"));
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await settled();
    phone.clock.advance(1_000);
  }
}

describe("a phone woken by a push", () => {
  it("connects, reports that it is ready, and shows the call", async (t) => {
    const phone = createPhone({ port: hub.port });
    t.after(() => phone.client.disconnect());
    await phone.client.receivePush(callPush());
    assert.deepEqual(phone.receipts(), ["received", "ready"]);
    assert.deepEqual(phone.reports[1], { callId: ringId, deviceId: "phone-1", event: "ready" });
    assert.deepEqual(phone.told, ["incoming 홍길동"]);
    assert.equal(phone.client.connection, "connected");
    assert.deepEqual(phone.client.calls, [
      {
        id: ringId,
        callId: ringId,
        linkedId: "1763712000.17",
        exten: "07045144801",
        number: "01012345678",
        name: "홍길동",
        callType: "voice",
        state: "ringing",
        ringEndsAt: phone.clock.now() + 30_000,
        waiting: false,
      },
    ]);
  });

  it("shows the number of a caller without a name, and an empty caller when both are withheld", async (t) => {
    const phone = createPhone({ port: hub.port });
    t.after(() => phone.client.disconnect());
    await phone.client.receivePush(callPush({ callerName: "" }));
    await phone.client.receivePush(callPush({ callId: "ring-2", linkedId: "2", callerName: "", callerId: "" }));
    assert.deepEqual(phone.told, ["incoming 01012345678", "incoming "]);
  });

  it("asks at once when its socket has died without a word, as in a phone that slept", async () => {
    const sockets: OpenSocket[] = [];
    class MortalSocket extends OpenSocket {
      constructor() {
        super();
        sockets.push(this);
      }
    }
    const phone = createPhone({ port: 0, WebSocket: MortalSocket });
    await phone.client.ensureConnected();
    await phone.client.receivePush(callPush());
    assert.deepEqual(phone.receipts(), ["ready"]);
    sockets[0]!.readyState = 3;
    await phone.client.receivePush(callPush({ callId: "ring-2", linkedId: "2" }));
    assert.deepEqual(phone.receipts(), ["ready", "received", "ready"]);
  });

  it("asks while it connects whether the call still rings, and stops when it does not", async (t) => {
    const phone = createPhone({ port: hub.port, loadServerSettings: neverLoads });
    t.after(() => phone.client.disconnect());
    phone.service.answer = async ({ callId }) => ({ callId, status: "ended", ringing: false, reason: "cancelled" });
    await phone.client.receivePush(callPush());
    assert.deepEqual(phone.receipts(), ["received"]);
    assert.deepEqual(phone.told, []);
  });

  it("stays silent when the call is over by the time it is ready", async (t) => {
    const phone = createPhone({ port: hub.port });
    t.after(() => phone.client.disconnect());
    phone.service.answer = async ({ callId, event }) => ({ callId, status: "ended", ringing: event !== "ready" });
    await phone.client.receivePush(callPush());
    assert.deepEqual(phone.receipts(), ["received", "ready"]);
    assert.deepEqual(phone.told, []);
    assert.deepEqual(phone.client.calls, []);
  });

  it("stays silent when the end push comes before the call push", async () => {
    const phone = createPhone({ port: hub.port });
    await phone.client.receivePush(endPush());
    await phone.client.receivePush(callPush());
    assert.deepEqual(phone.receipts(), []);
    assert.deepEqual(phone.told, []);
    assert.equal(phone.client.connection, "disconnected");
  });

  it("stays silent when the call ends while it connects", async (t) => {
    const phone = createPhone({ port: hub.port, loadServerSettings: neverLoads });
    t.after(() => phone.client.disconnect());
    const woken = phone.client.receivePush(callPush());
    await phone.client.receivePush(endPush());
    await woken;
    assert.deepEqual(phone.told, []);
  });

  it("rings two seconds after it is ready when the service does not answer, and obeys a late answer", async (t) => {
    const phone = createPhone({ port: hub.port });
    t.after(() => phone.client.disconnect());
    const answer = Promise.withResolvers<void>();
    phone.service.answer = async ({ callId, event }) => {
      if (event === "ready") await answer.promise;
      return { callId, status: "ready", ringing: event !== "ready" };
    };
    const woken = phone.client.receivePush(callPush());
    await until(() => phone.receipts().includes("ready"));
    phone.clock.advance(1_999);
    await settled();
    assert.deepEqual(phone.told, []);
    phone.clock.advance(1);
    await settled();
    assert.deepEqual(phone.told, ["incoming 홍길동"]);
    answer.resolve();
    assert.equal(await woken, "over");
    assert.deepEqual(phone.told, ["incoming 홍길동", "ended 홍길동 missed"]);
  });

  it("rings when the service has been silent for two seconds since the push, and for 0.7 since the phone is ready", async () => {
    for (const [wakesFor, ringsAt] of [
      [1_200, 2_000],
      [2_500, 3_200],
    ] as const) {
      const opened = Promise.withResolvers<ServerSettings>();
      const phone = createPhone({ port: 0, WebSocket: OpenSocket, loadServerSettings: async () => opened.promise });
      phone.service.answer = neverLoads;
      void phone.client.receivePush(callPush());
      await settled();
      phone.clock.advance(wakesFor);
      opened.resolve(settings);
      await settled();
      phone.clock.advance(ringsAt - wakesFor - 1);
      await settled();
      assert.deepEqual(phone.told, []);
      phone.clock.advance(1);
      await settled();
      assert.deepEqual(phone.told, ["incoming 홍길동"]);
      phone.client.close();
    }
  });

  it("waits 0.7 seconds for the answer to its report that it is ready, also when its radio comes late", async () => {
    for (const [loses, answersAfter, told] of [
      ["fails", 600, []],
      ["hangs", 600, []],
      ["fails", 800, ["incoming 홍길동", "ended 홍길동 missed"]],
    ] as const) {
      const opened = Promise.withResolvers<ServerSettings>();
      const answer = Promise.withResolvers<void>();
      const phone = createPhone({ port: 0, WebSocket: OpenSocket, loadServerSettings: async () => opened.promise });
      phone.service.answer = loses === "hangs" ? neverLoads : async () => Promise.reject(new Error("offline"));
      const woken = phone.client.receivePush(callPush());
      for (let step = 0; step < 11; step += 1) {
        await settled();
        phone.clock.advance(250);
      }
      assert.equal(phone.receipts().length, loses === "hangs" ? 1 : 3);
      phone.service.answer = async ({ callId }) => {
        await answer.promise;
        return { callId, status: "ended", ringing: false, reason: "missed" };
      };
      opened.resolve(settings);
      await settled();
      phone.clock.advance(answersAfter);
      await settled();
      answer.resolve();
      assert.equal(await woken, "over");
      assert.deepEqual(phone.told, told);
    }
  });

  it("waits two seconds for the answer to its last question when the service has answered the first", async () => {
    const opened = Promise.withResolvers<ServerSettings>();
    const phone = createPhone({ port: 0, WebSocket: OpenSocket, loadServerSettings: async () => opened.promise });
    void phone.client.receivePush(callPush());
    await settled();
    phone.service.answer = neverLoads;
    phone.clock.advance(3_000);
    opened.resolve(settings);
    await settled();
    phone.clock.advance(1_999);
    await settled();
    assert.deepEqual(phone.told, []);
    phone.clock.advance(1);
    await settled();
    assert.deepEqual(phone.told, ["incoming 홍길동"]);
    phone.client.close();
  });

  it("rings two seconds after its push when neither the service nor its storage answers", async () => {
    const storage = { getItem: neverLoads, setItem: neverLoads };
    const phone = createPhone({ port: 0, WebSocket: OpenSocket, storage });
    phone.service.answer = neverLoads;
    void phone.client.receivePush(callPush());
    for (const ms of [1_000, 999]) {
      phone.clock.advance(ms);
      await settled();
    }
    assert.deepEqual(phone.told, []);
    phone.clock.advance(1);
    await settled();
    assert.deepEqual(phone.told, ["incoming 홍길동"]);
    phone.client.close();
  });

  it("goes on reporting that it is ready while it rings", async (t) => {
    const phone = createPhone({ port: hub.port });
    t.after(() => phone.client.disconnect());
    phone.service.answer = neverLoads;
    const woken = phone.client.receivePush(callPush());
    await until(() => phone.receipts().includes("ready"));
    for (let second = 0; second < 14; second += 1) {
      phone.clock.advance(1_000);
      await settled();
    }
    assert.equal(await woken, "ringing");
    assert.equal(phone.receipts().filter((event) => event === "ready").length, 3);
    assert.deepEqual(phone.told, ["incoming 홍길동"]);
  });

  it("rings when the service cannot be reached, after three attempts", async (t) => {
    const phone = createPhone({ port: hub.port });
    t.after(() => phone.client.disconnect());
    phone.service.answer = async () => Promise.reject(new Error("no network"));
    const woken = phone.client.receivePush(callPush());
    await failReports(phone);
    await woken;
    assert.deepEqual(phone.receipts().filter((event) => event === "ready").length, 3);
    assert.deepEqual(phone.told, ["incoming 홍길동"]);
  });

  it("rings for the ring time in the push on a phone whose clock is fast, when the service cannot be reached", async (t) => {
    const phone = createPhone({ port: hub.port });
    t.after(() => phone.client.disconnect());
    phone.service.answer = async () => Promise.reject(new Error("no network"));
    phone.clock.advance(10 * 60_000);
    const woken = phone.client.receivePush(callPush());
    await failReports(phone);
    await woken;
    assert.deepEqual(phone.told, ["incoming 홍길동"]);
    phone.clock.advance(27_999);
    assert.deepEqual(phone.told, ["incoming 홍길동"]);
    phone.clock.advance(1);
    assert.deepEqual(phone.told, ["incoming 홍길동", "ended 홍길동 timeout"]);
  });

  it("stays silent when the call is not for this phone, and does not ask again", async (t) => {
    for (const code of ["functions/permission-denied", "permission-denied"]) {
      const phone = createPhone({ port: hub.port, loadServerSettings: neverLoads });
      t.after(() => phone.client.disconnect());
      phone.service.answer = async () => Promise.reject(new CallableRefusal(code));
      await phone.client.receivePush(callPush());
      assert.deepEqual([phone.receipts(), phone.told], [["received"], []]);
      await phone.client.receivePush(callPush());
      assert.deepEqual([phone.receipts(), phone.told], [["received"], []]);
    }
  });

  it("trusts the service's answer over its own clock, which may be wrong", async (t) => {
    const phone = createPhone({ port: hub.port });
    t.after(() => phone.client.disconnect());
    phone.clock.advance(24 * 60 * 60 * 1000);
    await phone.client.receivePush(callPush());
    assert.deepEqual(phone.told, ["incoming 홍길동"]);
    phone.clock.advance(29_999);
    assert.deepEqual(phone.client.calls.length, 1);
  });

  it("rings once however often the push comes", async (t) => {
    const phone = createPhone({ port: hub.port });
    t.after(() => phone.client.disconnect());
    await Promise.all([phone.client.receivePush(callPush()), phone.client.receivePush(callPush())]);
    await phone.client.receivePush(callPush());
    assert.deepEqual(phone.told, ["incoming 홍길동"]);
    assert.deepEqual(phone.receipts(), ["received", "ready"]);
  });

  it("shows a missed call, and rejects nothing, when it cannot reach the PBX while the call rings", async (t) => {
    const phone = createPhone({ port: hub.port, loadServerSettings: neverLoads });
    t.after(() => phone.client.disconnect());
    const woken = phone.client.receivePush(callPush());
    await settled();
    phone.clock.advance(29_999);
    await settled();
    assert.deepEqual(phone.told, []);
    phone.clock.advance(1);
    await woken;
    assert.deepEqual(phone.told, ["ended 홍길동 unreachable"]);
    assert.deepEqual(phone.client.calls, []);
    await phone.client.receivePush(callPush());
    assert.deepEqual(phone.told, ["ended 홍길동 unreachable"]);
  });

  it("shows a missed call when the caller hangs up while the PBX refuses the connection, and none when somebody answers", async (t) => {
    const ends = {
      cancelled: ["ended 홍길동 unreachable"],
      missed: ["ended 홍길동 unreachable"],
      answered_elsewhere: [],
    };
    for (const [reason, told] of Object.entries(ends)) {
      const phone = createPhone({
        port: hub.port,
        loadServerSettings: async () => Promise.reject(new Error("offline")),
      });
      t.after(() => phone.client.disconnect());
      const woken = phone.client.receivePush(callPush());
      await settled();
      await phone.client.receivePush(endPush(reason));
      await phone.client.receivePush(endPush(reason, "another"));
      await woken;
      assert.deepEqual(phone.told, told, reason);
    }
  });

  it("shows the missed call, too, when the service says that the call is over, and nothing when the call is another user's", async (t) => {
    const answers = [
      {
        answer: async () => ({ callId: ringId, status: "ended", ringing: false, reason: "cancelled" }) as const,
        told: 1,
      },
      { answer: async () => Promise.reject(new CallableRefusal()), told: 0 },
    ];
    for (const { answer, told } of answers) {
      const phone = createPhone({
        port: hub.port,
        loadServerSettings: async () => Promise.reject(new Error("offline")),
      });
      t.after(() => phone.client.disconnect());
      const asked = Promise.withResolvers<void>();
      phone.service.answer = async () => asked.promise.then(answer);
      const woken = phone.client.receivePush(callPush());
      await settled();
      asked.resolve();
      await woken;
      assert.equal(phone.told.length, told);
    }
  });

  it("shows the missed call at once when the user has saved no server settings", async () => {
    const phone = createPhone({ port: hub.port, loadServerSettings: async () => null });
    await phone.client.receivePush(callPush());
    assert.deepEqual(phone.told, ["ended 홍길동 unreachable"]);
  });

  it("shows a missed call when its ring time is over before the service has answered", async (t) => {
    const phone = createPhone({ port: hub.port });
    t.after(() => phone.client.disconnect());
    phone.service.answer = neverLoads;
    const woken = phone.client.receivePush(callPush({ expiresAt: "2026-11-02T03:04:06.000Z" }));
    await until(() => phone.receipts().includes("ready"));
    phone.clock.advance(1_000);
    await woken;
    assert.deepEqual(phone.told, ["ended 홍길동 unreachable"]);
  });

  it("is not affected when the clock is corrected while it wakes", async (t) => {
    const { port } = hub;
    const clock = createTimerClock();
    let offset = 0;
    const woken = createPhone({
      port,
      clock: { ...clock, now: () => clock.now() + offset },
      loadServerSettings: async () => {
        offset = 10 * 60_000;
        return { serverAddress: "127.0.0.1", serverPort: port, serverSSL: false };
      },
    });
    t.after(() => woken.client.disconnect());
    await woken.client.receivePush(callPush());
    assert.deepEqual(woken.told, ["incoming 홍길동"]);
    clock.advance(29_999);
    assert.deepEqual(woken.told, ["incoming 홍길동"]);
  });

  it("stops by itself at the end of the ring time when the end push is lost", async (t) => {
    const phone = createPhone({ port: hub.port });
    t.after(() => phone.client.disconnect());
    await phone.client.receivePush(callPush());
    phone.clock.advance(29_999);
    assert.deepEqual(phone.told, ["incoming 홍길동"]);
    phone.clock.advance(1);
    assert.deepEqual(phone.told, ["incoming 홍길동", "ended 홍길동 timeout"]);
  });

  it("stops ringing at the end push and says why", async (t) => {
    const phone = createPhone({ port: hub.port });
    t.after(() => phone.client.disconnect());
    await phone.client.receivePush(callPush());
    await phone.client.receivePush(endPush("answered_elsewhere"));
    await phone.client.receivePush(endPush("answered_elsewhere"));
    assert.deepEqual(phone.told, ["incoming 홍길동", "ended 홍길동 answered_elsewhere"]);
    phone.clock.advance(60_000);
    assert.equal(phone.told.length, 2);
  });

  it("stops ringing at an end push without a reason, which a phone gets that has changed its owner", async (t) => {
    const phone = createPhone({ port: hub.port });
    t.after(() => phone.client.disconnect());
    await phone.client.receivePush(callPush());
    await phone.client.receivePush(endPush(null));
    assert.deepEqual(phone.told, ["incoming 홍길동", "ended 홍길동 cancelled"]);
  });

  it("gives the app the PBX's ring_id, to find its INVITE", async (t) => {
    const phone = createPhone({ port: hub.port });
    t.after(() => phone.client.disconnect());
    await phone.client.receivePush(callPush({ pbxRingId: "1763712000.17-1763712000123" }));
    assert.equal(phone.client.calls[0]?.pbxRingId, "1763712000.17-1763712000123");
  });

  it("ignores other pushes", async () => {
    const phone = createPhone({ port: hub.port });
    for (const data of [{}, { type: "silent", campaign: "saveLocation" }, { type: "incoming_call" }, { type: 3 }]) {
      await phone.client.receivePush(data);
    }
    assert.deepEqual(phone.receipts(), []);
    assert.equal(phone.client.connection, "disconnected");
  });
});
