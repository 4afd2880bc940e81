import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { alice, bob, requestPbx, startFunctions } from "../../support/functions.ts";
import { addPhone, pushesTo, resetState } from "../../support/line.ts";

const functions = await startFunctions({}, undefined, { second: { pbxId: "pbx-2", extenPrefix: "82" } });
after(() => functions.close());
beforeEach(() => resetState(functions));

/** Sends a request as the PBX whose extens begin with 82. */
async function send(method: string, path: string, body?: object) {
  const headers = { authorization: "Bearer second", "content-type": "application/json" };
  return requestPbx(functions.urls.pbx, method, path, body && JSON.stringify(body), { headers });
}

describe("a PBX key with an extenPrefix", () => {
  it("rings the line of prefix and exten; the push, the record and the line show the exten", async () => {
    const own = await addPhone(functions, "phone-1");
    const others = await addPhone(functions, "phone-2", bob);
    await functions.pbx("PUT", "/lines/101", { uid: "bob" });
    assert.deepEqual((await send("PUT", "/lines/101", { uid: alice.uid })).body, { exten: "101", uid: "alice" });
    assert.equal((await functions.pbx("GET", "/lines/101")).body.uid, "bob");
    assert.equal((await functions.pbx("GET", "/lines/82101")).body.uid, "alice");
    const woken = await send("POST", "/calls", { call_id: "2.1", exten: "101", ring_id: "2.1-1" });
    assert.equal(woken.body.accepted, 1, woken.text);
    assert.deepEqual([pushesTo(functions, own).length, pushesTo(functions, others).length], [1, 0]);
    assert.equal(pushesTo(functions, own)[0].data.exten, "101");
    assert.deepEqual((await send("GET", "/calls/2.1")).body.extens, ["101"]);
    const { callId } = pushesTo(functions, own)[0].data;
    const report = await functions.call("reportCall", alice, { callId, deviceId: "phone-1", event: "ready" });
    assert.equal(report.status, 200, report.text);
    assert.equal((await send("POST", "/calls/2.1/end", { ring_id: "2.1-1" })).body.notified, 1);
    assert.equal((await send("DELETE", "/lines/101")).status, 200);
    assert.equal((await functions.pbx("GET", "/lines/82101")).status, 404);
  });

  it("names a push's phones by its own extens, and no user's", async () => {
    const post = async (target: object) => (await send("POST", "/pushes", { id: "p", target, title: "a" })).status;
    assert.equal(await post({ uid: "alice" }), 403);
    assert.equal(await post({ exten: "101" }), 202);
    const [stored] = (await functions.services.db.collection("pushes").get()).docs;
    assert.deepEqual(stored?.get("target"), { exten: "82101" });
  });
});
