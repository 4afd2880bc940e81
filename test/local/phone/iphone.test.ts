import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import type { App } from "../../../local/phone/page/phone/app.ts";
import { AppStorage } from "../../../local/phone/page/phone/app-storage.ts";
import { CallKit } from "../../../local/phone/page/phone/iphone/call-kit.ts";
import { Ios } from "../../../local/phone/page/phone/iphone/ios.ts";
import { Network } from "../../../local/phone/page/phone/network.ts";
import { Trace } from "../../../local/phone/page/phone/trace.ts";
import type { CallState, ServerSettings } from "../../../functions/src/wire.ts";
import type { Push } from "../../../local/phone/page/stack/push.ts";
import { OpenSocket } from "../../client/sockets.ts";

const data = { type: "incoming_call", callId: "ring-1", linkedId: "1.1", callerName: "홍길동", callerId: "010" };
const voipPush: Push = { channel: "apns", data };
const alertPush: Push = { channel: "fcm", data, text: { id: "ring-1", title: "홍길동", body: "수신전화" } };
const endPush: Push = { channel: "fcm", data: { type: "call_ended", callId: "ring-1", reason: "missed" } };
/** It replaces the alert, and goes to an app that runs as well. */
const endAlertPush: Push = {
  ...endPush,
  text: { id: "ring-1", title: "홍길동", body: "부재중 전화" },
  wakesApp: true,
};

/** An iPhone whose app waits for the PBX's address, so that only its pushes and CallKit act. */
class TestIphone {
  readonly trace = new Trace(() => undefined);
  readonly ios: Ios;
  readonly settings = Promise.withResolvers<ServerSettings | null>();
  /** What the service says to each report. */
  readonly answer = Promise.withResolvers<CallState>();
  /** What the app has reported. */
  readonly reported: string[] = [];
  app: App | undefined;
  isOpen = false;

  constructor() {
    const service = {
      getServerSettings: async () => this.settings.promise,
      reportCall: async ({ event }: { readonly event: string }) => {
        this.reported.push(event);
        return this.answer.promise;
      },
      listCalls: async () => [],
    };
    const noop = () => undefined;
    const network = new Network();
    network.find();
    const storage = new AppStorage({}, noop);
    const parts = { deviceId: "iphone", storage, service, network, trace: this.trace, onChange: noop, hangUpLeg: noop };
    const process = {
      find: async () => this.app,
      wake: async () => this.start(),
      kill: () => {
        this.app?.quit();
        this.app = undefined;
      },
      isOpen: () => this.isOpen,
    };
    this.ios = new Ios({ parts, process }, { isLocked: true, forgetsToReport: false, misses: 0 });
  }

  start(): void {
    this.app ??= this.ios.buildApp(() => ["07045144801"]);
  }

  get ringing(): readonly string[] {
    return (this.app?.state.calls ?? []).map(({ id }) => id);
  }

  get steps(): readonly string[] {
    return this.trace.calls.flatMap(({ steps }) => steps.map(({ kind }) => kind));
  }
}

/** Lets promises settle that wait for no timer. */
async function settle(): Promise<void> {
  await new Promise(setImmediate);
}

describe("a virtual iPhone", () => {
  let iphone: TestIphone;
  beforeEach(() => {
    // The client's timers of rings and retries must not outlive the tests.
    mock.timers.enable({ apis: ["setTimeout"] });
    iphone = new TestIphone();
  });
  afterEach(() => mock.timers.reset());

  it("is started by a VoIP push, and rings before its app has done anything else", async () => {
    void iphone.ios.receive(voipPush);
    await settle();
    assert.deepEqual(iphone.ringing, ["ring-1"]);
    assert.deepEqual(iphone.steps.slice(0, 2), ["push", "callKit"]);
  });

  it("rings once for a call that comes by both channels, whichever is first, and keeps no alert", async () => {
    for (const pushes of [
      [voipPush, alertPush],
      [alertPush, voipPush],
    ]) {
      iphone = new TestIphone();
      for (const push of pushes) {
        void iphone.ios.receive(push);
        await settle();
      }
      assert.deepEqual(iphone.ringing, ["ring-1"]);
      assert.equal(iphone.steps.filter((kind) => kind === "callKit").length, 1);
      assert.deepEqual(iphone.ios.notifications.shown, []);
    }
  });

  it("rings on when its open app gets the alert of a call for which it is still getting ready", async () => {
    iphone.start();
    iphone.isOpen = true;
    for (const push of [voipPush, alertPush]) {
      void iphone.ios.receive(push);
      await settle();
    }
    assert.deepEqual(iphone.ringing, ["ring-1"]);
    assert.deepEqual(iphone.ios.notifications.shown, []);
  });

  it("shows an alert without its app, unless that is open", async () => {
    iphone.start();
    await iphone.ios.receive(alertPush);
    assert.deepEqual(
      iphone.ios.notifications.shown.map(({ title }) => title),
      ["홍길동"],
    );
    assert.deepEqual(iphone.steps, ["push", "alerted"]);
    iphone.isOpen = true;
    void iphone.ios.receive({ ...alertPush, data: { ...data, callId: "ring-2" } });
    await settle();
    assert.equal(iphone.ios.notifications.shown.length, 1);
  });

  it("asks every three seconds about a call that it got by an alert alone", async () => {
    iphone.start();
    iphone.isOpen = true;
    iphone.answer.resolve({ callId: "ring-1", status: "notified", ringing: true });
    void iphone.ios.receive(alertPush);
    await settle();
    for (let second = 0; second < 9; second += 1) {
      mock.timers.tick(1_000);
      await settle();
    }
    assert.deepEqual(iphone.reported, ["received", "received", "received", "received"]);
  });

  it("replaces the alert of a call by that of its end", async () => {
    await iphone.ios.receive(alertPush);
    await iphone.ios.receive(endAlertPush);
    assert.equal(iphone.app, undefined);
    assert.deepEqual(
      iphone.ios.notifications.shown.map(({ body }) => body),
      ["부재중 전화"],
    );
  });

  it("gives the alert of an end to its suspended app as well, which then lets a late VoIP push end at once", async () => {
    iphone.start();
    await iphone.ios.receive(endAlertPush);
    assert.deepEqual(iphone.steps, ["push", "alerted"]);
    await iphone.ios.receive(voipPush);
    assert.deepEqual([iphone.ringing, iphone.app?.state.lastEnded?.reason], [[], "missed"]);
  });

  it("removes the alert of a call that ends in its open app", async () => {
    iphone.start();
    await iphone.ios.receive(alertPush);
    iphone.isOpen = true;
    await iphone.ios.receive(endAlertPush);
    assert.deepEqual(iphone.ios.notifications.shown, []);
    assert.deepEqual(iphone.steps, ["push", "alerted", "push", "alertRemoved"]);
  });

  it("gives a background push to an app that runs, and to no closed one", async () => {
    await iphone.ios.receive(endPush);
    assert.deepEqual(iphone.steps, ["push", "undelivered"]);
    void iphone.ios.receive(voipPush);
    await settle();
    await iphone.ios.receive(endPush);
    await settle();
    assert.deepEqual(iphone.ringing, []);
    assert.equal(iphone.app?.state.lastEnded?.reason, "missed");
  });

  it("reports a call that was over before its push, and ends it at once", async () => {
    iphone.start();
    await iphone.ios.receive(endPush);
    await iphone.ios.receive(voipPush);
    assert.deepEqual(iphone.ringing, []);
    assert.deepEqual(iphone.steps, ["push", "push", "callKit", "ended"]);
    assert.equal(iphone.app?.state.lastEnded?.reason, "missed");
  });

  it("reports a VoIP push without a call, too", async () => {
    await iphone.ios.receive({ channel: "apns", data: { order: "7" } });
    assert.notEqual(iphone.app, undefined);
    assert.deepEqual([iphone.ringing, iphone.app?.state.lastEnded?.reason], [[], "failed"]);
  });

  it("connects a call that the user answers before the app is ready, and ends one that is hung up", async () => {
    void iphone.ios.receive(voipPush);
    await settle();
    void iphone.app?.answer("ring-1");
    const [call] = iphone.app?.state.calls ?? [];
    assert.deepEqual([call?.state, call?.answeredAt], ["active", undefined]);
    void iphone.app?.hangUp("ring-1");
    assert.deepEqual([iphone.ringing, iphone.app?.state.lastEnded?.reason], [[], "hung_up"]);
    assert.deepEqual(iphone.reported, ["received", "answered"]);
    iphone.answer.resolve({ callId: "ring-1", status: "answered", ringing: false });
    await settle();
    assert.deepEqual(iphone.reported, ["received", "answered", "ended"]);
  });

  it("tells the service at once of a call that the user declines before the app is ready", async () => {
    void iphone.ios.receive(voipPush);
    await settle();
    void iphone.app?.decline("ring-1");
    assert.deepEqual([iphone.ringing, iphone.app?.state.lastEnded?.reason], [[], "declined"]);
    assert.deepEqual(iphone.reported, ["received", "declined"]);
  });

  it("takes a choice that comes before its app has read the push", async () => {
    for (const [choice, state, reported] of [
      ["answer", "active", ["answered"]],
      ["decline", undefined, ["declined"]],
    ] as const) {
      iphone = new TestIphone();
      iphone.start();
      void iphone.ios.receive(voipPush);
      // CallKit shows the call as soon as the push has come; the client gets it a moment later.
      while (iphone.ringing.length === 0) await Promise.resolve();
      void iphone.app?.[choice]("ring-1");
      await settle();
      assert.equal(iphone.app?.state.calls[0]?.state, state);
      assert.deepEqual(
        iphone.reported.filter((event) => event !== "received"),
        reported,
      );
    }
  });

  it("counts the time of an answered call from when its app has the PBX", async (t) => {
    const { WebSocket } = globalThis;
    Object.assign(globalThis, { WebSocket: OpenSocket });
    t.after(() => Object.assign(globalThis, { WebSocket }));
    void iphone.ios.receive(voipPush);
    await settle();
    void iphone.app?.answer("ring-1");
    assert.equal(iphone.app?.state.calls[0]?.answeredAt, undefined);
    iphone.settings.resolve({ serverAddress: "127.0.0.1", serverPort: 7099, serverSSL: false });
    await settle();
    assert.equal(iphone.app?.state.connection, "connected");
    assert.notEqual(iphone.app.state.calls[0]?.answeredAt, undefined);
  });

  it("ends a call that was answered when its user has saved no PBX", async () => {
    void iphone.ios.receive(voipPush);
    await settle();
    void iphone.app?.answer("ring-1");
    iphone.settings.resolve(null);
    await settle();
    assert.deepEqual([iphone.ringing, iphone.app?.state.lastEnded?.reason], [[], "unreachable"]);
  });

  it("ends an app that reports no call, and after three misses gives it no more VoIP pushes", async () => {
    iphone.ios.setForgetful(true);
    for (const misses of [1, 2, 3]) {
      await iphone.ios.receive(voipPush);
      assert.deepEqual([iphone.app, iphone.ios.state.hasCrashed], [undefined, true]);
      assert.deepEqual([iphone.ios.state.misses, iphone.ios.state.takesVoip], [misses, misses < 3]);
    }
    iphone.ios.setForgetful(false);
    await iphone.ios.receive(voipPush);
    assert.equal(iphone.steps.at(-1), "dropped");
    assert.equal(iphone.app, undefined);
    iphone.ios.forgetInstall();
    void iphone.ios.receive(voipPush);
    await settle();
    assert.deepEqual(iphone.ringing, ["ring-1"]);
  });
});

describe("CallKit on a virtual iPhone", () => {
  const call = { id: "1.1", linkedId: "1.1", exten: "0704", number: "010", name: "홍길동", callType: "voice" };

  it("shows a call once that the PBX announces before its push, and counts both reports", () => {
    const callKit = new CallKit(new Trace(() => undefined), () => undefined);
    callKit.report(call);
    callKit.report({ ...call, id: "ring-1", callId: "ring-1" });
    assert.deepEqual(
      callKit.calls.map(({ id, callId }) => [id, callId]),
      [["1.1", "ring-1"]],
    );
    assert.equal(callKit.reports, 2);
  });

  it("shows another ring of the same call as a call of its own, waiting while the first is active", () => {
    const callKit = new CallKit(new Trace(() => undefined), () => undefined);
    callKit.report({ ...call, id: "ring-1", callId: "ring-1" });
    callKit.connect("ring-1");
    callKit.report({ ...call, id: "ring-2", callId: "ring-2" });
    assert.deepEqual(
      callKit.calls.map(({ id, waiting }) => [id, waiting]),
      [
        ["ring-1", false],
        ["ring-2", true],
      ],
    );
  });
});
