import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { applyEvent, nextPhoneState } from "../../../functions/src/rings/phone-state.ts";
import type { PhoneState } from "../../../functions/src/rings/ring.ts";

const events = ["failed", "accepted", "received", "ready", "answered", "declined", "ended"] as const;

/** For each state, the next state after each of the events above, in their order. */
const table: Record<PhoneState | "unknown", readonly PhoneState[]> = {
  unknown: ["failed", "accepted", "received", "ready", "answered", "declined", "ended"],
  failed: ["failed", "accepted", "received", "ready", "answered", "declined", "ended"],
  accepted: ["accepted", "accepted", "received", "ready", "answered", "declined", "ended"],
  received: ["received", "received", "received", "ready", "answered", "declined", "ended"],
  ready: ["ready", "ready", "ready", "ready", "answered", "declined", "ended"],
  answered: ["answered", "answered", "answered", "answered", "answered", "answered", "answered"],
  declined: ["declined", "declined", "declined", "declined", "declined", "declined", "declined"],
  ended: ["ended", "ended", "ended", "ended", "answered", "ended", "ended"],
};

describe("the state of a phone", () => {
  for (const [state, outcomes] of Object.entries(table)) {
    for (const [index, event] of events.entries()) {
      it(`${state} becomes ${outcomes[index]} when ${event}`, () => {
        const before = state === "unknown" ? undefined : (state as PhoneState);
        assert.equal(nextPhoneState(before, event), outcomes[index]);
      });
    }
  }
});

describe("an event of a phone", () => {
  const at = (name: string) => ({ name }) as never;

  it("keeps the time of the first report, and removes the error of a push that arrived after all", () => {
    const once = applyEvent({ state: "failed", error: "timeout" }, "received", { receivedAt: at("first") });
    assert.deepEqual(applyEvent(once, "received", { receivedAt: at("second") }), {
      state: "received",
      receivedAt: at("first"),
    });
  });

  it("keeps the last reason of a push that failed again", () => {
    const once = applyEvent(undefined, "failed", { error: "timeout" });
    assert.deepEqual(applyEvent(once, "failed", { error: "UNAVAILABLE" }), { state: "failed", error: "UNAVAILABLE" });
  });
});
