import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, afterEach, beforeEach, describe, it } from "node:test";
import { WebSocket } from "ws";
import { systemClock, type Clock } from "../../../functions/src/clock.ts";
import { startHub, type Hub } from "../../../local/pbx/hub.ts";
import { createSimulatedPbx, type PlacedCall, type SimulatedPbx } from "../../../local/pbx/simulated-pbx.ts";
import { alice, bob, demoKey, startFunctions } from "../../support/functions.ts";
import { addLine, addPhone, exten, pushesTo, resetState } from "../../support/line.ts";
import { until } from "../../support/until.ts";

const functions = await startFunctions();
const pbxUrl = await functions.servePbx(functions.services);

let hub: Hub;
/** What the hub's listener has received, as AMI events. */
let events: Record<string, string>[];
let pbx: SimulatedPbx;
/** Turns the clock past the ring time, or past the time that closing takes. */
let letTimePass: () => void;
/** The number of pauses between two status requests of a call. */
let pauses: number;

beforeEach(async () => {
  await resetState(functions);
  hub = await startHub();
  events = await listen(hub);
  pbx = start(pbxUrl);
});
afterEach(async () => {
  await pbx.close();
  await hub.close();
});
after(() => functions.close());

async function listen({ url }: Hub): Promise<Record<string, string>[]> {
  const socket = new WebSocket(url);
  const heard: Record<string, string>[] = [];
  socket.on("message", (message: Buffer) => heard.push(JSON.parse(message.toString()).data));
  await once(socket, "open");
  return heard;
}

function start(url: string, key = demoKey): SimulatedPbx {
  pauses = 0;
  const passed = Promise.withResolvers<void>();
  letTimePass = passed.resolve;
  const sleep: Clock["sleep"] = async (ms, signal) => {
    if (ms < 1000) {
      pauses += 1;
      return systemClock.sleep(ms, signal);
    }
    const aborted = Promise.withResolvers<never>();
    signal?.addEventListener("abort", () => aborted.reject(new Error("aborted")));
    return Promise.race([passed.promise, aborted.promise]);
  };
  return createSimulatedPbx({ pbxUrl: url, key, hub, clock: { ...systemClock, sleep } });
}

const caller = { callerId: "01012345678", callerName: "홍길동" };
const place = (extens: readonly string[] = [exten]) => pbx.placeCall({ ...caller, extens }).linkedId;

function look(linkedId: string): PlacedCall {
  const call = pbx.calls.find((known) => known.linkedId === linkedId);
  assert.ok(call);
  return call;
}

const stepsOf = (linkedId: string) => look(linkedId).steps.map(({ what }) => what);
const endOf = (linkedId: string) => [look(linkedId).state, look(linkedId).endedBy];
const untilStep = (linkedId: string, what: string) => until(() => stepsOf(linkedId).includes(what));
const dataTo = (token: string | undefined) => pushesTo(functions, token!).map(({ data }) => data);

async function report(linkedId: string, event: string, deviceId = "phone-1"): Promise<void> {
  const callId = await findRing(linkedId);
  const { status, text } = await functions.call("reportCall", alice, { callId, deviceId, event });
  assert.equal(status, 200, text);
}

/** The ring of that call which has phones. */
async function findRing(linkedId: string): Promise<string | undefined> {
  const { docs } = await functions.services.db.collection("rings").where("linkedId", "==", linkedId).get();
  return docs.find((doc) => Object.keys(doc.get("phones")).length > 0)?.id;
}

/** The hub's events of the end, once they have come. */
async function hangup(linkedId: string): Promise<string | undefined> {
  const find = () => events.find(({ Event, Uniqueid }) => Event === "Hangup" && Uniqueid === linkedId);
  await until(() => find() !== undefined);
  assert.equal(find()?.["Linkedid"], linkedId);
  return find()?.["Cause"];
}

async function recordedReason(linkedId: string): Promise<string> {
  return (await functions.pbx("GET", `/calls/${linkedId}`)).body.reason;
}

describe("a call at the simulated PBX", () => {
  it("is announced on the hub with one channel per exten, all of them linked to the first", async () => {
    const linkedId = place([exten, "0702"]);
    assert.match(linkedId, /^\d{10}\.\d+$/);
    await until(() => events.length === 2);
    const [first, second] = events;
    const common = {
      Event: "Newchannel",
      Context: "trk-11-in",
      CallerIDNum: "01012345678",
      CallerIDName: "홍길동",
      Linkedid: linkedId,
    };
    assert.deepEqual(first, { ...common, Exten: exten, Uniqueid: linkedId });
    assert.deepEqual(second, { ...common, Exten: "0702", Uniqueid: second?.["Uniqueid"] });
    assert.notEqual(second?.["Uniqueid"], linkedId);
  });

  it("wakes the phones, and rings when one of them is ready", async () => {
    const tokens = await addLine(functions, 2);
    const linkedId = place();
    assert.equal(look(linkedId).state, "waking");
    await untilStep(linkedId, "NOTIFIED 2");
    await report(linkedId, "ready");
    await until(() => look(linkedId).state === "ringing");
    await until(() => pauses === 3);
    assert.deepEqual(stepsOf(linkedId), [`POST /calls ${exten}`, "NOTIFIED 2", "READY"]);
    assert.deepEqual(
      tokens.map((token) => dataTo(token)[0]?.linkedId),
      [linkedId, linkedId],
    );
    const times = look(linkedId).steps.map(({ atMs }) => atMs);
    assert.deepEqual(
      times,
      times.toSorted((one, other) => one - other),
    );
  });

  it("has one ring_id for all of its numbers, and ends only that ring", async () => {
    await addLine(functions, 1);
    await functions.pbx("PUT", "/lines/0702", { uid: bob.uid });
    const [token, other] = [await addPhone(functions, "alices-second"), await addPhone(functions, "bobs", bob)];
    const linkedId = place([exten, "0702"]);
    await untilStep(linkedId, `${exten}: NOTIFIED 2`);
    await untilStep(linkedId, "0702: NOTIFIED 1");
    const names = [...dataTo(token), ...dataTo(other)].map(({ pbxRingId }) => pbxRingId);
    assert.match(names[0], new RegExp(`^${linkedId.replace(".", "\\.")}-\\d{13}$`));
    assert.deepEqual(names, [names[0], names[0]]);
    // Another PBX program announces the same call.
    await functions.pbx("PUT", "/lines/0703", { uid: bob.uid });
    const elsewhere = { call_id: linkedId, exten: "0703", ring_id: "another" };
    await functions.pbx("POST", "/calls", elsewhere);
    pbx.giveUp(linkedId);
    await hangup(linkedId);
    const { rings } = (await functions.pbx("GET", `/calls/${linkedId}`)).body;
    assert.deepEqual(
      rings.map((ring: any) => [ring.ring_id === names[0], ring.status]),
      [
        [true, "ended"],
        [true, "ended"],
        [false, "notified"],
      ],
    );
  });

  it("has a new ring_id for each ring, even with the same second and the same caller", async () => {
    const [token] = await addLine(functions, 1);
    for (const linkedId of [place(), place()]) await untilStep(linkedId, "NOTIFIED 1");
    const names = dataTo(token).map(({ pbxRingId }) => pbxRingId);
    assert.equal(new Set(names).size, 2);
  });

  it("transmits any caller name", async () => {
    const [token] = await addLine(functions, 1);
    const odd = { callerId: "+82 10", callerName: `<img src=x> & "본사" 100%+1 📞` };
    const { linkedId } = pbx.placeCall({ ...odd, extens: [exten] });
    await untilStep(linkedId, "NOTIFIED 1");
    const [{ callerId, callerName }] = dataTo(token);
    assert.deepEqual({ callerId, callerName }, odd);
  });

  it("is answered on a phone and hung up", async () => {
    await addLine(functions, 1);
    const linkedId = place();
    await untilStep(linkedId, "NOTIFIED 1");
    await report(linkedId, "answered");
    await until(() => look(linkedId).state === "answered");
    assert.equal(look(linkedId).answeredBy, "phone");
    pbx.giveUp(linkedId);
    assert.equal(look(linkedId).state, "answered");
    pbx.hangUp(linkedId);
    assert.equal(await hangup(linkedId), "16");
    assert.deepEqual(endOf(linkedId), ["ended", "hung_up"]);
    assert.equal(await recordedReason(linkedId), "answered");
  });

  it("is answered at the desk, and the phones stop", async () => {
    const [token] = await addLine(functions, 1);
    const linkedId = place();
    await untilStep(linkedId, "NOTIFIED 1");
    pbx.answerAtDesk(linkedId);
    assert.deepEqual([look(linkedId).state, look(linkedId).answeredBy], ["answered", "desk"]);
    await untilStep(linkedId, "ENDED 1");
    assert.equal(dataTo(token)[1]?.reason, "answered");
    assert.equal(events.filter(({ Event }) => Event === "Hangup").length, 0);
    pbx.hangUp(linkedId);
    assert.equal(await hangup(linkedId), "16");
    assert.deepEqual(endOf(linkedId), ["ended", "hung_up"]);
  });

  it("ends when the caller hangs up, and the phones stop before the hangup is announced", async () => {
    const [token] = await addLine(functions, 1);
    const linkedId = place();
    await untilStep(linkedId, "NOTIFIED 1");
    pbx.hangUp(linkedId);
    assert.equal(look(linkedId).state, "waking");
    pbx.giveUp(linkedId);
    assert.equal(await hangup(linkedId), "16");
    assert.equal(dataTo(token)[1]?.reason, "cancelled");
    assert.deepEqual(endOf(linkedId), ["ended", "caller"]);
    assert.deepEqual(stepsOf(linkedId).slice(2), ["caller hung up", "POST /calls/…/end CANCEL", "ENDED 1"]);
    pbx.giveUp(linkedId);
    pbx.answerAtDesk(linkedId);
    assert.deepEqual(endOf(linkedId), ["ended", "caller"]);
  });

  it("leaves no phone ringing when the caller hangs up at once", async () => {
    const [token] = await addLine(functions, 1);
    const linkedId = place();
    pbx.giveUp(linkedId);
    await hangup(linkedId);
    await until(() => stepsOf(linkedId).length === 5);
    const types = dataTo(token).map(({ type }) => type);
    assert.deepEqual(types, types.length === 0 ? [] : ["incoming_call", "call_ended"]);
  });

  it("ends as busy when every phone has declined", async () => {
    await addLine(functions, 2);
    const linkedId = place();
    await untilStep(linkedId, "NOTIFIED 2");
    await report(linkedId, "declined", "phone-1");
    await report(linkedId, "declined", "phone-2");
    assert.equal(await hangup(linkedId), "17");
    assert.deepEqual(endOf(linkedId), ["ended", "declined"]);
    assert.equal(await recordedReason(linkedId), "busy");
  });

  it("is missed when its ring time is up", async () => {
    const [token] = await addLine(functions, 1);
    const linkedId = place();
    await untilStep(linkedId, "NOTIFIED 1");
    letTimePass();
    assert.equal(await hangup(linkedId), "19");
    assert.deepEqual(endOf(linkedId), ["ended", "nobody"]);
    assert.equal(dataTo(token)[1]?.reason, "missed");
  });

  it("rings at the desk alone when no phone can be reached, until its ring time is up", async () => {
    const linkedId = place();
    await untilStep(linkedId, "NAK no_devices");
    await until(() => look(linkedId).state === "ringing");
    letTimePass();
    assert.equal(await hangup(linkedId), "19");
    assert.deepEqual(endOf(linkedId), ["ended", "unreachable"]);
  });

  it("ends here, too, when it is ended at the service", async () => {
    await addLine(functions, 1);
    const linkedId = place();
    await untilStep(linkedId, "NOTIFIED 1");
    await functions.pbx("POST", `/calls/${linkedId}/end`);
    await hangup(linkedId);
    assert.deepEqual(endOf(linkedId), ["ended", "caller"]);
  });

  it("rings a group: the reachable phone answers", async () => {
    await addLine(functions, 1);
    const linkedId = place(["0702", exten]);
    await untilStep(linkedId, "0702: NAK no_devices");
    await untilStep(linkedId, `${exten}: NOTIFIED 1`);
    await report(linkedId, "answered");
    await until(() => look(linkedId).state === "answered");
  });

  it("rings every phone of a group at once", async () => {
    await addLine(functions, 1);
    await functions.pbx("PUT", "/lines/0702", { uid: bob.uid });
    const other = await addPhone(functions, "bobs", bob);
    const linkedId = place([exten, "0702"]);
    await untilStep(linkedId, "0702: NOTIFIED 1");
    assert.equal(dataTo(other)[0]?.exten, "0702");
  });

  it("shows that the service refuses it or is unreachable, and can still be cancelled", async () => {
    await pbx.close();
    pbx = start(pbxUrl, "wrong");
    await untilStep(place(), "ERROR unauthenticated");
    await pbx.close();
    const gone = await startHub();
    await gone.close();
    pbx = start(`http://127.0.0.1:${gone.port}`);
    const linkedId = place();
    await until(() => look(linkedId).state === "ringing");
    assert.match(stepsOf(linkedId)[1] ?? "", /^NO ANSWER .*ECONNREFUSED/);
    pbx.giveUp(linkedId);
    assert.equal(await hangup(linkedId), "16");
  });
});

describe("the simulated PBX", () => {
  it("refuses a call without an exten, or with a longer ring time than the service accepts", () => {
    assert.throws(() => pbx.placeCall({ ...caller, extens: [] }), RangeError);
    for (const ringSeconds of [4, 121, 5.5]) {
      assert.throws(() => pbx.placeCall({ ...caller, extens: [exten], ringSeconds }), RangeError);
    }
    assert.deepEqual(pbx.calls, []);
  });

  it("ignores an action on an unknown call", () => {
    pbx.giveUp("1.1");
    pbx.answerAtDesk("1.1");
    pbx.hangUp("1.1");
    assert.deepEqual(pbx.calls, []);
  });

  it("sends every change until its listener unsubscribes", async () => {
    const states: (string | undefined)[] = [];
    const stop = pbx.onChange(() => states.push(pbx.calls[0]?.state));
    const linkedId = place();
    await until(() => states.includes("ringing"));
    assert.equal(states[0], "waking");
    stop();
    const heard = states.length;
    pbx.giveUp(linkedId);
    assert.equal(states.length, heard);
  });

  it("keeps the last 20 calls, and ends the one that it drops", async () => {
    const [oldest, ...others] = Array.from({ length: 21 }, () => place());
    assert.deepEqual(
      pbx.calls.map(({ linkedId }) => linkedId),
      others,
    );
    await hangup(oldest!);
  });

  it("ends every call when it closes, and leaves nothing pending", async () => {
    const [token] = await addLine(functions, 1);
    const [waking, answered] = [place(), place()];
    await untilStep(waking, "NOTIFIED 1");
    await untilStep(answered, "NOTIFIED 1");
    pbx.answerAtDesk(answered);
    await until(() => functions.listeners() > 0);
    await pbx.close();
    assert.deepEqual(endOf(waking), ["ended", "caller"]);
    assert.deepEqual(endOf(answered), ["ended", "hung_up"]);
    assert.deepEqual(dataTo(token).filter(({ type }) => type === "call_ended").length, 2);
    await until(() => functions.listeners() === 0);
  });

  it("closes in time when the service does not answer", async () => {
    const silent = createServer();
    await once(silent.listen(0, "127.0.0.1"), "listening");
    pbx = start(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`);
    const asked = once(silent, "request");
    place();
    await asked;
    const closed = pbx.close();
    letTimePass();
    await closed;
    silent.closeAllConnections();
    silent.close();
  });
});
