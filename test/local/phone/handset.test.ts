import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import { Handset } from "../../../local/phone/page/phone/handset.ts";
import type { Mode, SavedPhone } from "../../../local/phone/page/phone/saved-phones.ts";
import type { Push } from "../../../local/phone/page/stack/push.ts";
import { OpenSocket } from "../../client/sockets.ts";
import { newchannel, settled } from "../../support/phone.ts";
import { StackStub } from "./stack-stub.ts";

const data = { type: "incoming_call", callId: "ring-1", linkedId: "1.1", callerName: "홍길동", callerId: "010" };
const voipPush: Push = { channel: "apns", data };
const otherPush: Push = { channel: "apns", data: { ...data, callId: "ring-2", linkedId: "1.2" } };
const alertPush: Push = { channel: "fcm", data, text: { id: "ring-1", title: "홍길동", body: "수신전화" } };

const { WebSocket } = globalThis;

describe("a virtual iPhone in its modes", () => {
  let stack: StackStub;
  let sockets: OpenSocket[];
  beforeEach(() => {
    // The client's timers of rings and retries must not outlive the tests.
    mock.timers.enable({ apis: ["setTimeout"] });
    stack = new StackStub();
    mock.method(globalThis, "fetch", stack.fetch);
    sockets = [];
    const opened = sockets;
    class RecordedSocket extends OpenSocket {
      constructor() {
        super();
        opened.push(this);
      }
    }
    Object.assign(globalThis, { WebSocket: RecordedSocket });
  });
  afterEach(() => {
    Object.assign(globalThis, { WebSocket });
    mock.timers.reset();
    mock.restoreAll();
  });

  async function pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      mock.timers.tick(1_000);
      await settled();
    }
  }

  /** The phone as the page restores it. */
  async function restore(mode: Mode, saved?: SavedPhone, spareToken?: string): Promise<Handset> {
    const handset = new Handset({
      saved: {
        number: 1,
        platform: "ios",
        deviceId: "iphone",
        email: "alice@example.com",
        token: "token-1",
        mode,
        ios: { isLocked: true, forgetsToReport: false, misses: 0 },
        ...saved,
      },
      spareToken,
      pushes: stack.pushes as any,
      functionsUrl: "http://functions.test",
      session: { getIdToken: async () => "an-id-token" } as any,
      locale: () => "en",
      onChange: () => undefined,
      hangUpLeg: () => undefined,
      nameOf: (number) => `Phone ${number}`,
      onInstalled: async (token) => void installed.push(token),
    });
    await handset.start();
    return handset;
  }

  /** The tokens of new installs, as the page's server hears of them. */
  let installed: string[];
  beforeEach(() => {
    installed = [];
  });

  const ringing = ({ app }: Handset) => (app?.state.calls ?? []).map(({ callId, state }) => `${callId} ${state}`);
  const countSteps = ({ state: { trace } }: Handset, kind: string) =>
    [trace.own, ...trace.calls].flatMap(({ steps }) => steps).filter((step) => step.kind === kind).length;

  it("rings for a call that was kept for it while it was offline, when it comes back with its app closed", async () => {
    const handset = await restore("background");
    await handset.switchTo("offline");
    stack.pushes.push(voipPush);
    await handset.switchTo("closed");
    await settled();
    assert.deepEqual([ringing(handset), handset.state.mode], [["ring-1 ringing"], "background"]);
    assert.deepEqual([countSteps(handset, "launched"), countSteps(handset, "quit")], [1, 1]);
  });

  it("rings for a call that was kept for it, when its page is reloaded with its app closed", async () => {
    stack.pushes.state = "offline";
    stack.pushes.push(voipPush);
    const handset = await restore("closed");
    await settled();
    assert.deepEqual(ringing(handset), ["ring-1 ringing"]);
  });

  it("takes the install that another browser has made since its own was uninstalled", async () => {
    stack.pushes.gone.add("token-1");
    const handset = await restore("background", undefined, "token-2");
    assert.deepEqual([handset.state.mode, handset.state.saved.token], ["background", "token-2"]);
    assert.deepEqual(installed, []);
  });

  it("tells of an app that was installed anew, by its name", async () => {
    const handset = await restore("background");
    await handset.switchTo("uninstalled");
    await handset.switchTo("background");
    assert.deepEqual(installed, ["token-1"]);
    assert.equal(stack.pushes.name, "Phone 1 · alice@example.com");
  });

  it("does not start a closed app when its page is reloaded, but registers a new install", async () => {
    const kept = await restore("closed");
    assert.deepEqual([kept.app, kept.state.mode, stack.requests], [undefined, "closed", []]);
    stack.pushes.isKnown = false;
    const lost = await restore("closed");
    assert.deepEqual([lost.app, lost.state.mode], [undefined, "closed"]);
    assert.deepEqual(stack.names(), ["registerDevice"]);
  });

  it("starts a closed app once for two calls at once", async () => {
    const handset = await restore("closed");
    stack.pushes.push(voipPush);
    stack.pushes.push(otherPush);
    await settled();
    assert.deepEqual(ringing(handset), ["ring-1 ringing", "ring-2 ringing"]);
    assert.equal(countSteps(handset, "launched"), 1);
  });

  it("reports a call at once while the user opens its app and the service does not answer", async () => {
    stack.serverSettings = { serverAddress: "127.0.0.1", serverPort: 1, serverSSL: false };
    const handset = await restore("closed");
    const release = stack.hold("registerDevice");
    const opened = handset.switchTo("foreground");
    await settled();
    stack.pushes.push(voipPush);
    await settled();
    assert.deepEqual(ringing(handset), ["ring-1 ringing"]);
    release();
    await opened;
    assert.deepEqual([handset.state.mode, handset.state.target], ["foreground", undefined]);
    assert.deepEqual([ringing(handset), handset.app?.state.extens], [["ring-1 ringing"], ["07045144801"]]);
    assert.equal(stack.names().filter((name) => name === "registerDevice").length, 1);
    // The app has learned its extens since it was started.
    sockets.at(-1)?.hear(newchannel({ Exten: "07099999999", Linkedid: "9.1" }));
    sockets.at(-1)?.hear(newchannel({ Linkedid: "9.2" }));
    assert.deepEqual(ringing(handset), ["ring-1 ringing", "undefined ringing"]);
  });

  for (const mode of ["offline", "uninstalled"] as const) {
    for (const [name, before, forgets] of [
      ["starts its app", "closed", false],
      ["ends its app", "background", true],
    ] as const) {
      it(`becomes ${mode}, as its user has chosen, when a push ${name} meanwhile`, async () => {
        const handset = await restore(before);
        handset.ios?.setForgetful(forgets);
        const { promise, resolve } = Promise.withResolvers<void>();
        stack.pushes.held = promise;
        const switched = handset.switchTo(mode);
        await settled();
        stack.pushes.push(voipPush);
        await settled();
        assert.deepEqual(ringing(handset), forgets ? [] : ["ring-1 ringing"]);
        resolve();
        await switched;
        assert.deepEqual([handset.state.mode, handset.state.saved.mode, stack.pushes.state], [mode, mode, mode]);
      });
    }
  }

  it("does not ring again for a call that has ended, until it is installed anew", async () => {
    const handset = await restore("background");
    stack.pushes.push(voipPush);
    await settled();
    await handset.app?.decline("ring-1");
    await handset.switchTo("closed");
    stack.pushes.push(voipPush);
    await settled();
    assert.deepEqual([handset.state.mode, ringing(handset)], ["background", []]);
    await handset.switchTo("offline");

    const reloaded = await restore("background", { ...handset.state.saved, mode: "background" });
    stack.pushes.push(voipPush);
    await settled();
    assert.deepEqual(ringing(reloaded), []);
    await reloaded.switchTo("uninstalled");
    await reloaded.switchTo("background");
    stack.pushes.push(voipPush);
    await settled();
    assert.deepEqual(ringing(reloaded), ["ring-1 ringing"]);
  });

  for (const [name, end] of [
    ["the user closes", async (handset) => handset.switchTo("closed")],
    ["the user uninstalls", async (handset) => handset.switchTo("uninstalled")],
    [
      "iOS ends",
      async (handset) => {
        handset.ios?.setForgetful(true);
        stack.pushes.push(otherPush);
        await settled();
      },
    ],
  ] as const satisfies readonly (readonly [string, (handset: Handset) => Promise<void>])[]) {
    it(`sends nothing more from an app that ${name}, while a call rings`, async () => {
      const handset = await restore("background");
      stack.pushes.push(voipPush);
      await settled();
      assert.deepEqual(ringing(handset), ["ring-1 ringing"]);
      await end(handset);
      const sent = stack.names().length;
      await pass(60);
      assert.deepEqual([stack.names().slice(sent), handset.app], [[], undefined]);
    });
  }

  it("rings on without a network, and looks for its PBX again when it has one", async () => {
    const handset = await restore("background");
    stack.pushes.push(voipPush);
    await settled();
    await handset.switchTo("offline");
    await pass(20);
    assert.deepEqual(ringing(handset), ["ring-1 ringing"]);
    stack.serverSettings = { serverAddress: "127.0.0.1", serverPort: 1, serverSSL: false };
    await handset.switchTo("background");
    await pass(3);
    assert.deepEqual([ringing(handset), handset.app?.state.connection], [["ring-1 ringing"], "connected"]);
    assert.equal(stack.reports().at(-1), "ring-1 ready");
    await handset.app?.decline("ring-1");
    assert.equal(handset.app?.state.connection, "disconnected");
  });

  it("loses its socket with the network, and an active call gets another one", async () => {
    stack.serverSettings = { serverAddress: "127.0.0.1", serverPort: 1, serverSSL: false };
    const handset = await restore("background");
    stack.pushes.push(voipPush);
    await settled();
    await handset.app?.answer("ring-1");
    assert.equal(handset.app?.state.connection, "connected");
    await handset.switchTo("offline");
    await pass(3);
    assert.deepEqual([ringing(handset), handset.app.state.connection], [["ring-1 active"], "connecting"]);
    await handset.switchTo("background");
    await pass(30);
    assert.deepEqual([ringing(handset), handset.app.state.connection], [["ring-1 active"], "connected"]);
  });

  it("looks for no PBX without a network and a call", async () => {
    const handset = await restore("foreground");
    await handset.switchTo("offline");
    assert.equal(handset.app?.state.connection, "disconnected");
  });

  it("opens a tapped alert in the app also while it still switches", async () => {
    const handset = await restore("closed");
    stack.pushes.push(alertPush);
    const release = stack.hold("registerDevice");
    void handset.switchTo("background");
    await settled();
    void handset.openNotification(handset.state.notifications[0]!);
    await settled();
    assert.deepEqual(stack.reports(), []);
    release();
    await settled();
    assert.deepEqual([stack.reports(), handset.state.mode], [["ring-1 received"], "foreground"]);
  });

  it("is unregistered when it is removed while it still switches", async () => {
    const handset = await restore("closed");
    const release = stack.hold("registerDevice");
    const switched = handset.switchTo("foreground");
    const removed = handset.remove();
    await settled();
    release();
    await Promise.all([switched, removed]);
    assert.ok(stack.names().includes("unregisterDevice"));
    assert.deepEqual([handset.state.mode, stack.pushes.state], ["uninstalled", "uninstalled"]);
  });

  it("is in the last mode that was chosen, whatever was chosen meanwhile, and retries after a failure", async () => {
    const handset = await restore("background");
    await Promise.all(
      (["offline", "foreground", "closed", "background"] as const).map(async (mode) => handset.switchTo(mode)),
    );
    assert.deepEqual([handset.state.mode, handset.state.target], ["background", undefined]);
    stack.pushes.isFailing = true;
    await handset.switchTo("offline");
    assert.notEqual(handset.state.error, undefined);
    stack.pushes.isFailing = false;
    await handset.start();
    assert.deepEqual([handset.state.mode, handset.state.error], ["offline", undefined]);
  });
});
