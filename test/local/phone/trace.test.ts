import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Trace } from "../../../local/phone/page/phone/trace.ts";

const incoming = { kind: "push", type: "incoming_call", channel: "fcm" } as const;
const ending = { kind: "push", type: "call_ended", channel: "fcm" } as const;
const shown = { kind: "shown", waiting: false } as const;
const connected = { kind: "connection", state: "connected" } as const;
const call = { linkedId: "1.1", callId: "ring-1", caller: "홍길동" };

function kinds({ steps }: { readonly steps: readonly { readonly kind: string }[] } | undefined = { steps: [] }) {
  return steps.map(({ kind }) => kind);
}

describe("a phone's trace", () => {
  it("assigns a phone's steps between a push and its ringing to that call", () => {
    const trace = new Trace(() => undefined);
    trace.note(connected);
    trace.noteCall(call, incoming);
    trace.note(connected);
    trace.noteCall(call, shown);
    trace.note(connected);
    assert.deepEqual(kinds(trace.calls[0]), ["push", "connection", "shown"]);
    assert.deepEqual(kinds(trace.own), ["connection", "connection"]);
  });

  it("finds a call by either of its ids, whichever comes first", () => {
    const trace = new Trace(() => undefined);
    trace.noteCall({ linkedId: "1.1", caller: "홍길동" }, shown);
    trace.noteCall(call, incoming);
    trace.noteCall({ callId: "ring-1" }, { kind: "reported", event: "ready", ringing: true, status: "ready" });
    assert.deepEqual(trace.calls.map(kinds), [["shown", "push", "reported"]]);
    assert.equal(trace.calls[0]?.call?.caller, "홍길동");
  });

  it("keeps two rings of one call apart, and assigns steps that name only the call to the latest", () => {
    const trace = new Trace(() => undefined);
    trace.noteCall(call, incoming);
    trace.noteCall({ ...call, callId: "ring-2" }, incoming);
    trace.noteCall({ callId: "ring-1" }, { kind: "ended", reason: "cancelled" });
    trace.noteCall({ linkedId: "1.1" }, shown);
    assert.deepEqual(trace.calls.map(kinds), [
      ["push", "ended"],
      ["push", "shown"],
    ]);
  });

  it("keeps calls without a common id apart", () => {
    const trace = new Trace(() => undefined);
    trace.noteCall({ callId: "ring-1" }, ending);
    trace.noteCall({ callId: "ring-2" }, ending);
    trace.noteCall({ linkedId: "1.3" }, shown);
    trace.noteCall({ linkedId: "1.4" }, shown);
    assert.equal(trace.calls.length, 4);
  });

  it("counts from the call push, not from the end push", () => {
    const trace = new Trace(() => undefined);
    trace.noteCall(call, ending);
    assert.equal(trace.calls[0]?.pushAt, undefined);
    trace.noteCall(call, incoming);
    assert.equal(trace.calls[0]?.pushAt, trace.calls[0]?.steps[1]?.at);
  });

  it("waits on for the PBX of a call that CallKit shows at once, until the phone is ready", () => {
    const trace = new Trace(() => undefined);
    trace.noteCall(call, { ...incoming, channel: "apns" });
    trace.noteCall(call, { kind: "callKit", waiting: false });
    trace.note(connected);
    trace.noteCall(call, { kind: "reported", event: "ready", ringing: true, status: "ready" });
    trace.note(connected);
    assert.deepEqual(trace.calls.map(kinds), [["push", "callKit", "connection", "reported"]]);
    assert.deepEqual(kinds(trace.own), ["connection"]);
  });

  it("stops waiting for a call that the service reports as over", () => {
    const trace = new Trace(() => undefined);
    trace.noteCall(call, incoming);
    trace.noteCall(call, { kind: "reported", event: "received", ringing: false, status: "ended" });
    trace.note(connected);
    assert.deepEqual(kinds(trace.own), ["connection"]);
  });

  it("counts a question to the service that is repeated and gets the same answer", () => {
    const trace = new Trace(() => undefined);
    const ready = { kind: "reported", event: "ready", ringing: true, status: "ready" } as const;
    for (let asked = 0; asked < 3; asked += 1) trace.noteCall(call, ready);
    trace.noteCall(call, { ...ready, ringing: false, status: "ended" });
    assert.deepEqual(
      trace.calls[0]?.steps.map(({ times }) => times),
      [3, 1],
    );
  });

  it("counts a failure that is repeated", () => {
    const trace = new Trace(() => undefined);
    const failed = { kind: "failed", what: "settings", why: "The phone has no network" } as const;
    for (let tried = 0; tried < 3; tried += 1) trace.noteCall(call, failed);
    trace.noteCall(call, { ...failed, what: "report" });
    trace.noteCall(call, { ...failed, what: "report", why: "HTTP 500" });
    assert.deepEqual(
      trace.calls[0]?.steps.map(({ times }) => times),
      [3, 1, 1],
    );
  });

  it("keeps the latest calls, and the latest steps of the phone", () => {
    const trace = new Trace(() => undefined);
    for (let index = 0; index < 50; index += 1) {
      trace.note(connected);
      trace.noteCall({ linkedId: String(index) }, shown);
    }
    assert.equal(trace.calls.length, 6);
    assert.equal(trace.calls.at(-1)?.call?.linkedId, "49");
    assert.equal(trace.own.steps.length, 12);
  });
});
