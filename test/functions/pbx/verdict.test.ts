import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { Timestamp } from "../../support/functions-admin-sdk.ts";
import { alice, bob, startFunctions } from "../../support/functions.ts";
import { addLine, addPhone, call, callId, exten, resetState, ringPath } from "../../support/line.ts";

const functions = await startFunctions({}, [alice, bob], { limited: { extens: ["070*"] } });
after(() => functions.close());
beforeEach(() => resetState(functions));

const get = async (query = "verdict=true", id = call.call_id) => functions.pbx("GET", `/calls/${id}?${query}`);
const causes = async (query?: string, id?: string) =>
  (await get(query, id)).body.verdict.map(
    ({ cause, phones }: any) => cause ?? phones.map((phone: any) => phone.cause).join(),
  );

/** Lets the ring's time pass. */
async function passTime(path = ringPath, seconds = 30): Promise<void> {
  const ref = functions.services.db.doc(path);
  const back = (time: any) => Timestamp.fromMillis(time.toMillis() - seconds * 1000);
  const { createdAt, ringEndsAt, phones } = (await ref.get()).data() as any;
  const earlier = Object.entries(phones).map(([id, phone]: any) => {
    const moved = Object.entries(phone).map(([name, value]: any) => [name, name.endsWith("At") ? back(value) : value]);
    return [id, Object.fromEntries(moved)];
  });
  await ref.update({ createdAt: back(createdAt), ringEndsAt: back(ringEndsAt), phones: Object.fromEntries(earlier) });
}

describe("GET /calls/{call_id}?verdict=true", () => {
  it("says why each phone did or did not ring, with the milliseconds, and names no caller", async () => {
    const [, dead] = await addLine(functions, 2);
    functions.fcm.setState(dead!, "uninstalled");
    await functions.pbx("POST", "/calls", call);
    await passTime();
    const { status, body } = await get("verdict=true&time_zone=Asia/Seoul");
    assert.equal(status, 200);
    const [{ phones, exten: shown }] = body.verdict;
    assert.deepEqual(
      phones.map(({ device_id, cause }: any) => [device_id, cause]),
      [
        ["phone-1", "phone_offline"],
        ["phone-2", "app_uninstalled"],
      ],
    );
    assert.equal(shown, exten);
    assert.ok(phones[0].accepted_ms >= 0 && phones[0].ended_ms === 30_000);
    assert.doesNotMatch(JSON.stringify(body.verdict), /01012345678|홍길동/);
    assert.equal((await get("")).body.verdict, undefined);
    assert.equal((await get("verdict=false")).body.verdict, undefined);
  });

  it("writes times in the zone that is asked for", async () => {
    await functions.pbx("POST", "/calls", call);
    const ring = (await functions.services.db.doc(ringPath).get()).data() as any;
    const hours = async (zone: string) =>
      /at (\d\d):/.exec((await get(`verdict=true&time_zone=${zone}`)).body.verdict[0].says.en)?.[1];
    const utc = ring.createdAt.toDate().getUTCHours();
    assert.deepEqual([Number(await hours("UTC")), Number(await hours("Asia/Tokyo"))], [utc, (utc + 9) % 24]);
    const { status, body } = await get("verdict=true&time_zone=Nowhere/Town");
    assert.equal(status, 400);
    assert.match(body.error.message, /time_zone must be a time zone such as Europe\/Berlin/);
  });

  it("tells while it rings that it rings", async () => {
    await addLine(functions, 1);
    await functions.pbx("POST", "/calls", call);
    assert.deepEqual(await causes(), ["under_way"]);
  });

  it("tells an exten without a line, a line that is written in another way, and a user without a phone", async () => {
    await functions.pbx("PUT", "/lines/+827045144801", { uid: alice.uid });
    await functions.pbx("PUT", "/lines/102", { uid: alice.uid });
    for (const one of [exten, "102", "999"]) await functions.pbx("POST", "/calls", { ...call, exten: one });
    const { body } = await get();
    const byExten = new Map(body.verdict.map((one: any) => [one.exten, one]));
    const causeOf = (one: string) => (byExten.get(one) as any).cause;
    assert.deepEqual([exten, "102", "999"].map(causeOf), ["exten_misspelt", "no_device", "no_line"]);
    assert.match((byExten.get(exten) as any).says.en, /as 07045144801, but the line is registered as \+827045144801/);
  });

  it("tells no line to a key that may not ring it", async () => {
    await functions.pbx("PUT", "/lines/+827045144801", { uid: alice.uid });
    await functions.pbx("POST", "/calls", call);
    const headers = { authorization: "Bearer limited" };
    const { body } = await functions.pbx("GET", `/calls/${call.call_id}?verdict=true`, undefined, { headers });
    assert.equal(body.verdict[0].cause, "no_line");
  });

  it("knows that the phone was in another call, of this PBX", async () => {
    await addLine(functions, 1);
    await functions.pbx("POST", "/calls", { ...call, call_id: "1.1", ring_id: "r1" });
    const { docs } = await functions.services.db.collection("rings").get();
    await functions.call("reportCall", alice, { callId: docs[0]!.id, deviceId: "phone-1", event: "answered" });
    await passTime(docs[0]!.ref.path, 10);
    await functions.pbx("POST", "/calls", { ...call, ring_id: "r2" });
    const rings = await functions.services.db.collection("rings").where("pbxRingId", "==", "r2").get();
    await passTime(rings.docs[0]!.ref.path, 5);
    await functions.pbx("POST", `/calls/${call.call_id}/end`, { ring_id: "r2", dialstatus: "NOANSWER" });
    assert.deepEqual(await causes(), ["busy"]);
    await docs[0]!.ref.update({ pbxId: "pbx-2" });
    assert.notDeepEqual(await causes(), ["busy"]);
  });

  it("judges a ring that joined another by the phones of that one", async () => {
    await addLine(functions, 1);
    await functions.pbx("PUT", "/lines/102", { uid: alice.uid });
    await functions.pbx("POST", "/calls", { ...call, ring_id: "r1" });
    await functions.pbx("POST", "/calls", { ...call, ring_id: "r1", exten: "102" });
    const { docs } = await functions.services.db.collection("rings").where("exten", "==", exten).get();
    await functions.call("reportCall", alice, { callId: docs[0]!.id, deviceId: "phone-1", event: "declined" });
    assert.deepEqual(await causes("verdict=true&exten=102"), ["declined_here"]);
  });

  it("explains a device that is gone", async () => {
    await functions.pbx("PUT", `/lines/${exten}`, { uid: alice.uid });
    functions.fcm.setState(await addPhone(functions, "phone-1"), "uninstalled");
    await functions.pbx("POST", "/calls", call);
    assert.equal((await functions.services.db.collection("devices").get()).size, 0);
    assert.deepEqual(await causes(), ["app_uninstalled"]);
    assert.equal(
      (await functions.services.db.doc(`rings/${callId}`).get()).get("phones")["phone-1"].device.platform,
      "android",
    );
  });
});
