import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CallDevice, CallDocument, DeviceState } from "../../../functions/src/calls/call.ts";
import { applyDeviceEvent, deriveStatus, endRinging, nextDeviceState } from "../../../functions/src/calls/state.ts";

const events = ["failed", "accepted", "received", "ready", "answered", "declined", "ended"] as const;

/** For each state, what the events above lead to, in their order. */
const table: Record<DeviceState | "unknown", readonly DeviceState[]> = {
  unknown: ["failed", "accepted", "received", "ready", "answered", "declined", "ended"],
  failed: ["failed", "accepted", "received", "ready", "answered", "declined", "ended"],
  accepted: ["accepted", "accepted", "received", "ready", "answered", "declined", "ended"],
  received: ["received", "received", "received", "ready", "answered", "declined", "ended"],
  ready: ["ready", "ready", "ready", "ready", "answered", "declined", "ended"],
  answered: ["answered", "answered", "answered", "answered", "answered", "answered", "answered"],
  declined: ["declined", "declined", "declined", "declined", "declined", "declined", "declined"],
  ended: ["ended", "ended", "ended", "ended", "answered", "ended", "ended"],
};

type Stub = Pick<CallDocument, "devices" | "extens"> & Partial<Pick<CallDocument, "endedAt" | "endReason">>;

function call(states: Record<string, DeviceState>, more: object = {}): Stub {
  const devices = Object.entries(states).map(([id, state]) => [id, { exten: "1", state } satisfies CallDevice]);
  return { devices: Object.fromEntries(devices), extens: { 1: { status: "notified" } }, ...more } as unknown as Stub;
}

function statesOf(devices: CallDocument["devices"]): Record<string, DeviceState> {
  return Object.fromEntries(Object.entries(devices).map(([id, { state }]) => [id, state]));
}

describe("the state of a phone", () => {
  for (const [state, outcomes] of Object.entries(table)) {
    for (const [index, event] of events.entries()) {
      it(`${state} becomes ${outcomes[index]} when ${event}`, () => {
        const before = state === "unknown" ? undefined : (state as DeviceState);
        assert.equal(nextDeviceState(before, event), outcomes[index]);
      });
    }
  }
});

describe("an event at one phone of a call", () => {
  it("keeps the time of the first report, and drops the error of a push that arrived after all", () => {
    const before = { devices: { a: { exten: "1", state: "failed", error: "timeout" } }, extens: {} } as unknown as Stub;
    const receivedAt = { first: true } as never;
    const once = { ...before, devices: applyDeviceEvent(before, "a", "received", { exten: "1", receivedAt }) };
    const twice = applyDeviceEvent(once, "a", "received", { exten: "1", receivedAt: { second: true } as never });
    assert.deepEqual(twice, { a: { exten: "1", state: "received", receivedAt: { first: true } } });
  });

  it("ends the ringing of the others when it is an answer", () => {
    const devices = applyDeviceEvent(
      call({ a: "ready", b: "accepted", c: "received", d: "declined", e: "failed" }),
      "a",
      "answered",
      { exten: "1" },
    );
    assert.deepEqual(statesOf(devices), { a: "answered", b: "ended", c: "ended", d: "declined", e: "failed" });
    assert.deepEqual([devices["b"]?.endReason, devices["d"]?.endReason], ["answered_elsewhere", undefined]);
  });

  it("ends the phone itself when its push is accepted after the call, its exten, or another's answer ended it", () => {
    const accepted = (before: Stub) => applyDeviceEvent(before, "late", "accepted", { exten: "1" })["late"];
    const over = accepted(call({}, { endedAt: {}, endReason: "cancelled" }));
    assert.deepEqual([over?.state, over?.endReason], ["ended", "cancelled"]);
    const exten = accepted(call({}, { extens: { 1: { endReason: "missed" } } }));
    assert.deepEqual([exten?.state, exten?.endReason], ["ended", "missed"]);
    const taken = accepted(call({ a: "answered" }));
    assert.deepEqual([taken?.state, taken?.endReason], ["ended", "answered_elsewhere"]);
  });
});

describe("the end of a call", () => {
  it("reaches whatever rings and nothing else", () => {
    const states = { a: "accepted", b: "received", c: "ready", d: "answered", e: "declined", f: "failed" } as const;
    const devices = endRinging(call(states).devices, "cancelled");
    assert.deepEqual(statesOf(devices), { ...states, a: "ended", b: "ended", c: "ended" });
  });
});

describe("the status of a call", () => {
  const rows: readonly [states: Record<string, DeviceState>, status: string][] = [
    [{}, "failed"],
    [{ a: "failed" }, "failed"],
    [{ a: "failed", b: "accepted" }, "notified"],
    [{ a: "received" }, "notified"],
    [{ a: "accepted", b: "ready" }, "ready"],
    [{ a: "ready", b: "answered" }, "answered"],
    [{ a: "declined", b: "accepted" }, "notified"],
    [{ a: "declined", b: "failed" }, "declined"],
    [{ a: "ended" }, "declined"],
  ];
  for (const [states, status] of rows) {
    it(`is ${status} with ${JSON.stringify(states)}`, () => {
      assert.equal(deriveStatus(call(states)), status);
    });
  }

  it("is waking while an exten is still being tried, and ended once it is over", () => {
    assert.equal(deriveStatus(call({ a: "declined" }, { extens: { 1: {} } })), "waking");
    assert.equal(deriveStatus(call({ a: "ready" }, { endedAt: {} })), "ended");
  });
});
