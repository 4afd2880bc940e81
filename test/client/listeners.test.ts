import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { callPush, createPhone, ringId, settled } from "../support/phone.ts";
import { OpenSocket } from "./sockets.ts";

/** Takes what the client logs, and what nobody handles. */
function watchErrors(t: TestContext) {
  const log = t.mock.method(console, "error", () => undefined);
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on("unhandledRejection", note);
  t.after(() => process.off("unhandledRejection", note));
  return { logged: () => log.mock.calls.map((call) => String(call.arguments)), unhandled };
}

describe("a listener of the app that fails", () => {
  const failing: readonly (readonly [string, () => unknown])[] = [
    ["throws", () => assert.fail("the app's own")],
    ["rejects", async () => assert.fail("the app's own")],
  ];
  for (const [name, fail] of failing) {
    it(`and ${name} is logged, and stops neither the reports, nor the call, nor the other listeners`, async (t) => {
      const errors = watchErrors(t);
      const phone = createPhone({ port: 0, WebSocket: OpenSocket });
      for (const event of ["connection", "incoming", "answered", "ended"] as const) phone.client.on(event, fail);
      const heard: string[] = [];
      phone.client.on("ended", (_call, reason) => heard.push(reason));
      assert.equal(await phone.client.receivePush(callPush(), { channel: "apns" }), "ringing");
      await phone.client.answer(ringId);
      await phone.client.hangUp(ringId);
      await settled();
      assert.deepEqual(phone.receipts(), ["received", "ready", "answered", "ended"]);
      assert.deepEqual(phone.told, ["incoming 홍길동", "answered 홍길동", "ended 홍길동 hung_up"]);
      assert.deepEqual([heard, errors.unhandled], [["hung_up"], []]);
      // Connecting, connected, and one for each event of the call.
      assert.equal(errors.logged().length, 5);
      assert.match(errors.logged()[0]!, /the app's own/);
    });
  }

  it("at a call's end by its timer does not end the process", async (t) => {
    const errors = watchErrors(t);
    const phone = createPhone({ port: 0, WebSocket: OpenSocket });
    phone.client.on("ended", () => assert.fail("the app's own"));
    await phone.client.receivePush(callPush());
    phone.clock.advance(30_000);
    await settled();
    assert.deepEqual([phone.told.at(-1), errors.unhandled], ["ended 홍길동 timeout", []]);
  });
});
