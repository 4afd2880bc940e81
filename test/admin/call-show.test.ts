import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { startFunctions } from "../support/functions.ts";
import { addLine, call, callId, exten, resetState } from "../support/line.ts";
import { ops } from "./run-ops.ts";
import { askLater, at, saveRing } from "./stored-rings.ts";

const functions = await startFunctions();
after(() => functions.close());
beforeEach(() => resetState(functions));

const show = (...args: string[]) =>
  ops(["calls", "show", ...args, "--project", functions.projectId], askLater(functions));

/** A call that rings two extens, one after the other. */
async function saveCall(): Promise<void> {
  const phone = { state: "ready", acceptedAt: at(180), receivedAt: at(1450), readyAt: at(1902) } as const;
  const refused = { state: "failed", error: "UNREGISTERED" } as const;
  const said = { fcm: { status: "unregistered", code: "UNREGISTERED", at: at(175) } } as const;
  const phones = { "phone-1": phone, "phone-2": { ...refused, said } };
  const linkedId = "9.1";
  await saveRing(functions, "first", { linkedId, phones, endedAt: at(20_000), endReason: "missed", status: "ended" });
  const apns = { state: "answered", channel: "apns", acceptedAt: at(20_200), answeredAt: at(25_000) } as const;
  await saveRing(
    functions,
    "second",
    { linkedId, exten: "0702", uid: "bob", phones: { "iphone-1": apns }, answeredAt: at(25_010), status: "answered" },
    20_050,
  );
}

describe("calls show", () => {
  it("shows a call as a time line, in milliseconds since it was announced", async () => {
    await saveCall();
    const { code, out, err } = await show("9.1");
    assert.deepEqual([code, err], [0, ""]);
    const [head, timeline, rings] = out.trimEnd().split("\n\n");
    assert.equal(head, "pbx-1~9.1  2026-11-30 14:03:02.120 Asia/Seoul");
    assert.deepEqual(
      timeline!.split("\n").map((line) => line.trim().split(/ {2,}/)),
      [
        ["ms", "exten", "phone", "what"],
        ["0", "07045144801", "announced"],
        ["175", "07045144801", "phone-2", "FCM did not take the push: UNREGISTERED"],
        ["180", "07045144801", "phone-1", "FCM took the push"],
        ["1450", "07045144801", "phone-1", "received the push"],
        ["1902", "07045144801", "phone-1", "ready"],
        ["20000", "07045144801", "ended: missed"],
        ["20050", "0702", "announced"],
        ["20200", "0702", "iphone-1", "APNs took the push"],
        ["25000", "0702", "iphone-1", "answered"],
      ],
    );
    assert.match(rings!, /\n07045144801 +ended \(missed\) +first +alice\n0702 +answered +second +bob$/);
    assert.doesNotMatch(out, /홍길동|01012345678/);
  });

  it("shows the whole call for each of its names, also for one ring", async () => {
    await saveRing(functions, callId, { linkedId: "9.1" });
    await saveRing(functions, "second", { linkedId: "9.1", exten: "0702" }, 1000);
    for (const name of ["9.1", "pbx-1~9.1", callId]) {
      const { json } = await show(name, "--json");
      assert.deepEqual(
        json.rings.map((ring: any) => ring.callId),
        [callId, "second"],
      );
      assert.deepEqual(json.timeline.at(-1), {
        ms: 31_000,
        callId: "second",
        exten: "0702",
        step: "timed_out",
      });
    }
  });

  it("asks for the PBX if several have a call of that name, and says that there is no call", async () => {
    await saveRing(functions, "one", { linkedId: "9.1" });
    await saveRing(functions, "two", { linkedId: "9.1", pbxId: "pbx-2" });
    const error = {
      code: "failed",
      message: "Several PBXs have a call 9.1",
      remedy: "give --pbx pbx-1 or --pbx pbx-2",
    };
    assert.deepEqual((await show("9.1", "--json")).json, { error });
    assert.equal((await show("9.1", "--pbx", "pbx-2", "--json")).json.callKey, "pbx-2~9.1");
    const missing = await show("9.2");
    assert.deepEqual(
      [missing.code, missing.err],
      [1, "There is no record of the call 9.2: npm run ops -- calls list\n"],
    );
  });

  it("shows a call of the real service", async () => {
    const [dead] = await addLine(functions, 2);
    functions.fcm.setState(dead!, "uninstalled");
    await functions.pbx("POST", "/calls", call);
    await functions.pbx("POST", `/calls/${call.call_id}/end`, { dialstatus: "CANCEL" });
    const { json } = await ops(
      ["calls", "show", call.call_id, "--json", "--project", functions.projectId],
      functions.services,
    );
    const told = json.timeline.map(({ deviceId = "ring", step, channel, reason }: any) => {
      return [deviceId, step, channel, reason].filter(Boolean).join(" ");
    });
    assert.equal(told[0], "ring announced");
    assert.deepEqual(
      told.toSorted(),
      [
        "phone-1 refused fcm UNREGISTERED",
        "phone-2 accepted fcm",
        "phone-2 told cancelled",
        "ring announced",
        "ring ended cancelled",
      ].toSorted(),
    );
    assert.ok(json.timeline.every(({ ms }: any) => Number.isInteger(ms) && ms >= 0));
    assert.equal(json.rings[0].exten, exten);
  });
});
