import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { Batcher } from "../../../functions/src/batcher.ts";
import { requestPbx, startFunctions } from "../../support/functions.ts";
import { addLine, call, pushesTo, resetState, ringPath } from "../../support/line.ts";
import { until } from "../../support/until.ts";

const functions = await startFunctions();
after(() => functions.close());
const { fcm, services } = functions;

/** Another instance, which does not know of this one's pushes. */
const another = await functions.servePbx({ ...services, pushing: new Map(), batcher: new Batcher() });

async function end(url = functions.urls.pbx) {
  return requestPbx(url, "POST", `/calls/${call.call_id}/end`, { dialstatus: "CANCEL" });
}

function typesTo(token: string): string[] {
  return pushesTo(functions, token).map(({ data }) => data.type);
}

describe("a ring that ends while FCM has not taken its push", () => {
  beforeEach(() => resetState(functions));

  for (const [what, fault] of [
    ["is silent", { delay_ms: 3500 }],
    ["asks to try later", { status: 503, retry_after: 3 }],
  ] as const) {
    it(`is over for everyone at once, when FCM ${what}`, async () => {
      const [silent = "", other = ""] = await addLine(functions, 2);
      fcm.addFault({ match: { token: silent }, ...fault });
      const before = fcm.counters.faulted;
      const announced = functions.pbx("POST", "/calls", call);
      await until(() => fcm.counters.faulted > before);
      const startedAt = performance.now();
      assert.equal((await end()).status, 200);
      const { status, body } = await announced;
      const ms = performance.now() - startedAt;
      assert.ok(ms < 2500, `${ms} ms`);
      assert.deepEqual([status, body.accepted], [200, 1]);
      assert.deepEqual(typesTo(other), ["incoming_call", "call_ended"]);
      // FCM has answered the one with a refusal: it does not ring, and need not stop.
      const phones = (await services.db.doc(ringPath).get()).get("phones");
      const states = Object.values<any>(phones).map(({ state, toldAt }) => `${state} ${toldAt !== undefined}`);
      const stopped = what === "is silent" ? "ended true" : "failed false";
      assert.deepEqual(states.toSorted(), ["ended true", stopped].toSorted());
    });
  }

  it("is told to the phones that FCM has reached, while another instance waits for the others", async () => {
    const [slow = "", quick = ""] = await addLine(functions, 2);
    fcm.addFault({ match: { token: slow }, status: 503, retry_after: 4 });
    const announced = functions.pbx("POST", "/calls", call);
    await until(() => typesTo(quick).length > 0);
    const startedAt = performance.now();
    const ended = end(another);
    await until(() => typesTo(quick).length > 1);
    const ms = performance.now() - startedAt;
    assert.ok(ms < 1500, `${ms} ms`);
    assert.equal((await ended).status, 200);
    assert.equal((await announced).body.accepted, 1);
    assert.deepEqual(typesTo(quick), ["incoming_call", "call_ended"]);
    assert.deepEqual(typesTo(slow), []);
  });
});
