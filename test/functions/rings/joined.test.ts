import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { CallClient } from "../../../packages/client/src/call-client.ts";
import { Batcher } from "../../../functions/src/batcher.ts";
import { anotherInstance } from "../../support/failing-services.ts";
import { alice, bob, requestPbx, startFunctions } from "../../support/functions.ts";
import { addPhone, pushesTo, resetState } from "../../support/line.ts";
import { startScriptedFirestore } from "../../support/scripted-firestore/scripted-firestore.ts";

const firestore = await startScriptedFirestore();
const functions = await startFunctions({ FIRESTORE_EMULATOR_HOST: firestore.host });
const { faults, reset } = firestore.database("(default)");
after(async () => {
  await functions.close();
  await firestore.close();
});

const call_id = "1763712000.17";
let phone = "";
let colleague = "";

beforeEach(async () => {
  faults.clear();
  reset();
  await resetState(functions);
  for (const exten of ["101", "102", "104"]) await functions.pbx("PUT", `/lines/${exten}`, { uid: "alice" });
  await functions.pbx("PUT", "/lines/103", { uid: "bob" });
  phone = await addPhone(functions, "a");
  colleague = await addPhone(functions, "b", bob);
});

async function announce(exten: string, ring_id?: string) {
  return functions.pbx("POST", "/calls", { call_id, exten, ...(ring_id !== undefined && { ring_id }) });
}

async function end(body: object) {
  return functions.pbx("POST", `/calls/${call_id}/end`, body);
}

async function announceAfter(ms: number, exten: string, ring_id: string) {
  const services = anotherInstance(functions, ms);
  after(() => services.fcm.close());
  const url = await functions.servePbx(services);
  return requestPbx(url, "POST", "/calls", { call_id, exten, ring_id, ring_seconds: 30 });
}

async function report(event: string) {
  const { callId } = pushesTo(functions, phone)[0].data;
  return (await functions.call("reportCall", alice, { callId, deviceId: "a", event })).body.result;
}

const typesTo = (token: string): string[] => pushesTo(functions, token).map(({ data }) => data.type);
const stopped = ["incoming_call", "call_ended"];

describe("a phone that rings for two rings, of which the first has ended,", () => {
  beforeEach(async () => {
    await announce("101", "r1");
    await announce("102", "r2");
    await announce("103", "r3");
    await end({ ring_id: "r1" });
  });

  it("answers the second: the service confirms it, and the other phones stop ringing", async () => {
    const { status, ringing, reason } = await report("answered");
    assert.deepEqual({ status, ringing, reason }, { status: "answered", ringing: false, reason: undefined });
    assert.deepEqual(typesTo(colleague), stopped);
  });

  it("counts as the answering phone when the PBX reports first that the call was answered elsewhere", async () => {
    await end({ reason: "answered_elsewhere" });
    assert.equal((await report("answered")).status, "answered");
  });

  it("goes on talking, by the client", async () => {
    const heard: string[] = [];
    const client = new CallClient({
      deviceId: "a",
      loadServerSettings: async () => ({ serverAddress: "127.0.0.1", serverPort: 1, serverSSL: false }),
      reportCall: async (body) => (await functions.call("reportCall", alice, body)).body.result,
      WebSocket: class {
        readyState = 1;
        close() {}
        addEventListener(type: string, listener: (event: { data: unknown }) => void) {
          if (type === "open") queueMicrotask(() => listener({ data: "" }));
        }
      },
    });
    client.on("incoming", () => heard.push("incoming"));
    client.on("answered", () => heard.push("answered"));
    client.on("ended", (_call, reason) => heard.push(`ended ${reason}`));
    await client.receivePush(pushesTo(functions, phone)[0].data);
    await client.answer(client.calls[0]!.id);
    assert.deepEqual(heard, ["incoming", "answered"]);
    client.close();
  });
});

describe("a ring that would join another", () => {
  it("rings by a push of its own when the ring time in the other's push is over", async () => {
    const seen: unknown[] = [];
    for (const [nth, exten] of ["101", "102", "101", "102", "101", "102"].entries()) {
      const { body } = await announceAfter(nth * 20_000, exten, `r${nth}`);
      seen.push([body.status, typesTo(phone).length]);
    }
    const pushes = [1, 1, 2, 2, 3, 3];
    assert.deepEqual(
      seen,
      pushes.map((count) => ["notified", count]),
    );
  });

  it("joins a ring of its user whose line now has another owner", async () => {
    await announce("101", "r1");
    await functions.pbx("PUT", "/lines/101", { uid: "bob" });
    await announce("102", "r2");
    assert.deepEqual(typesTo(phone), ["incoming_call"]);
  });

  it("shows the phones that ring for it", async () => {
    await announce("101", "r1");
    await announce("102", "r2");
    const { body } = await functions.pbx("GET", `/calls/${call_id}?ring_id=r2`);
    assert.deepEqual(
      [body.devices, body.rings[0].devices].map((devices) => devices.map((one: any) => one.device_id)),
      [["a"], ["a"]],
    );
  });

  it("does not delay a concurrent end", async () => {
    faults.delay = () => Math.random() * 8;
    for (let nth = 0; nth < 10; nth += 1) {
      await announce("101", `r${nth}`);
      const joining = announce("102", `other-${nth}`);
      const startedAt = performance.now();
      await end({ ring_id: `other-${nth}` });
      assert.ok(performance.now() - startedAt < 4000, "the end must not wait for a push that never comes");
      await joining;
      await end({ ring_id: `r${nth}` });
    }
  });
});

describe("the ends of rings that share their phones", () => {
  it("stop the phones in any order", { timeout: 120_000 }, async () => {
    // Another instance: changes that meet in one instance are made together.
    const url = await functions.servePbx({ ...functions.services, batcher: new Batcher() });
    faults.delay = () => Math.random() * 4;
    for (let nth = 0; nth < 40; nth += 1) {
      functions.fcm.clearMessages();
      const [one, other] = [`one-${nth}`, `other-${nth}`];
      await announce("101", one);
      await announce("102", other);
      const body = { ring_id: other };
      await Promise.all([end({ ring_id: one }), requestPbx(url, "POST", `/calls/${call_id}/end`, body)]);
      assert.deepEqual(typesTo(phone), stopped, `round ${nth}`);
    }
  });

  for (const [name, first, second] of [
    ["a ring_id", { ring_id: "r1" }, { ring_id: "r2" }],
    ["an exten", { exten: "101" }, { exten: "102" }],
  ] as const) {
    it(`by ${name}: when repeated, the last of them notifies a phone that FCM could not be reached for`, async () => {
      const names = "ring_id" in first ? ["r1", "r2"] : [];
      await announce("101", names[0]);
      await announce("102", names[1]);
      await end(first);
      functions.fcm.addFault({ match: { token: phone }, error_code: "UNAVAILABLE", times: 2 });
      assert.equal((await end(second)).status, 503);
      const again = await end(second);
      assert.deepEqual([again.status, again.body.notified, typesTo(phone)], [200, 1, stopped]);
      // It has ended a ring: no end is remembered.
      assert.equal((await announce("102", "r3")).body.status, "notified");
    });
  }
});

describe("a ring whose first ring is removed from the history before it", () => {
  it("is unknown to its end", async () => {
    await announce("101", "r1");
    await announce("102", "r2");
    const { docs } = await functions.services.db.collection("rings").where("exten", "==", "101").get();
    await docs[0]!.ref.delete();
    assert.equal((await end({ ring_id: "r2" })).status, 404);
  });
});
