import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { startFunctions } from "../support/functions.ts";
import { resetState } from "../support/line.ts";
import { ops } from "./run-ops.ts";
import { askLater, at, saveRing } from "./stored-rings.ts";

const functions = await startFunctions();
after(() => functions.close());
beforeEach(() => resetState(functions));

const { db } = functions.services;
const why = (...args: string[]) =>
  ops(["calls", "why", ...args, "--project", functions.projectId], askLater(functions));
const idsOf = async (...args: string[]) => (await why(...args, "--json")).json.map((one: any) => one.callId);
const exten = "07045144801";

/** A PBX's key that ended at a time. */
async function saveDeadKey(pbxId: string, expiresAt: unknown): Promise<void> {
  await db.doc(`pbxKeys/${pbxId}`).set({ pbxId, scopes: ["calls"], createdAt: at(-9_999_999), expiresAt });
}

describe("calls why, by an exten and a time", () => {
  it("answers in one command, in both languages or in one", async () => {
    await saveRing(functions, "asked");
    const { code, out, err } = await why("--exten", exten, "--at", "14:03");
    assert.deepEqual([code, err], [0, ""]);
    assert.match(
      out,
      /^pbx-1~asked\.1 {2}07045144801 {2}2026-11-30 14:03:02\.120 {2}ended \(missed\)\n {2}phone-1 {2}accepted 180 ms, ended 30000 ms\n {4}phone_offline\n {4}.*니다\..*\n {4}→ .*\n {4}.*never reported.*\n {4}→ [^\n]+\n$/,
    );
    const korean = await why("--exten", exten, "--at", "14:03", "--lang", "ko");
    assert.match(korean.out, /니다/);
    assert.doesNotMatch(korean.out, /never reported/);
    const english = await why("--exten", exten, "--at", "14:03", "--lang", "en");
    assert.match(english.out, /never reported/);
    assert.doesNotMatch(english.out, /니다/);
  });

  it("takes the calls that rang at that time, not their neighbours", async () => {
    await saveRing(functions, "before", {}, -120_000);
    await saveRing(functions, "asked");
    await saveRing(functions, "again", {}, 40_000);
    await saveRing(functions, "after", {}, 180_000);
    await saveRing(functions, "others", { exten: "0702" });
    assert.deepEqual(await idsOf("--exten", exten, "--at", "14:03"), ["asked", "again"]);
    // It still rang in that second.
    assert.deepEqual(await idsOf("--exten", exten, "--at", "14:03:20"), ["asked"]);
    assert.deepEqual(await idsOf("--exten", exten, "--at", "14:06"), ["after"]);
    assert.deepEqual(await idsOf("--exten", exten, "--at", "2026-11-30T05:06Z"), ["after"]);
    assert.deepEqual(await idsOf("--exten", exten, "--at", "05:06", "--time-zone", "UTC"), ["after"]);
  });

  it("takes the nearest call within ten minutes, and says so", async () => {
    await saveRing(functions, "near");
    const { json, err } = await why("--exten", exten, "--at", "14:08", "--json");
    assert.equal(json[0].callId, "near");
    assert.match(err, /^그 시각에 울린 .*\nNothing rang at that time\. This is the nearest call\.\n$/);
    assert.equal((await why("--exten", exten, "--at", "13:50", "--json")).json.cause, "not_announced");
  });

  it("takes the last call without a time, and an exten in the place of a call", async () => {
    await saveRing(functions, "old", {}, -3_600_000);
    await saveRing(functions, "leg-1", { linkedId: "9.1" });
    await saveRing(functions, "leg-2", { linkedId: "9.1" }, 31_000);
    assert.deepEqual(await idsOf("--exten", exten), ["leg-1", "leg-2"]);
    assert.deepEqual(await idsOf(exten), ["leg-1", "leg-2"]);
    assert.deepEqual(await idsOf(exten, "--at", "13:03"), ["old"]);
    assert.deepEqual(await idsOf("--exten", "070-4514 4801", "--at", "13:03"), ["old"]);
    assert.deepEqual(await idsOf("070-4514-4801", "--at", "13:03"), ["old"]);
  });

  it("finds the call of a user, and one that the PBX announced with another spelling of the number", async () => {
    await saveRing(functions, "bobs", { uid: "bob", exten: "0702" });
    const answer = { status: "no_devices", devices: 0, accepted: 0 } as const;
    await saveRing(functions, "misspelt", { exten: "827045144801", phones: {}, answer, uid: undefined });
    await db.doc(`lines/${exten}`).set({ uid: "alice" });
    assert.deepEqual(await idsOf("--user", "bob@example.com", "--at", "14:03"), ["bobs"]);
    const { json } = await why("--exten", exten, "--at", "14:03", "--json");
    assert.deepEqual([json[0].callId, json[0].cause], ["misspelt", "exten_misspelt"]);
  });

  it("asks about the keys of the PBX that rang the exten before, where there is no call", async () => {
    await saveRing(functions, "yesterday", { pbxId: "pbx-9" }, -86_400_000);
    await saveDeadKey("pbx-9", at(-3_600_000));
    const { code, json } = await why("--exten", exten, "--at", "14:03", "--json");
    assert.deepEqual([code, json.cause], [1, "key_expired"]);
    assert.deepEqual(json.error, { code: "failed", message: json.says.en, remedy: json.todo.en });
  });

  it("does not blame a key if another PBX may have been the one, but names it", async () => {
    await db.doc("pbxKeys/alive").set({ pbxId: "pbx-1", scopes: ["calls"], createdAt: at(-9_999_999) });
    await saveDeadKey("pbx-9", at(-3_600_000));
    const { out, err } = await why("--exten", exten, "--at", "14:03");
    assert.match(out, /^07045144801 {2}2026-11-30 14:03:00\.000 {2}no record\n {2}not_announced\n/);
    assert.equal(
      err,
      "PBXs without a key that worked then: pbx-9 (expired). If it was one of them, name it with --pbx.\n",
    );
    assert.match((await why("--exten", exten, "--at", "14:03", "--pbx", "pbx-9")).out, / no record\n {2}key_expired\n/);
    assert.match((await why("pbx-9~1.1", "--at", "14:03")).out, /^pbx-9~1\.1 .* no record\n {2}key_expired\n/);
  });

  it("says of a call that is not on record when it came, by its id", async () => {
    const { json } = await why("1795928000.17", "--json");
    assert.match(json.says.en, /^There is no call on record at \d\d:\d\d:20\.000:/);
  });

  it("refuses a question without a call, and one about a time that is over or to come", async () => {
    for (const [args, code, message] of [
      [[], 2, /^Missing a call, --exten or --user/],
      [["1.1", "--exten", exten], 2, /^Give a call, or --exten or --user/],
      [["--exten", exten, "--at", "2026-12-24"], 2, /^--at is a time to come/],
      [["--exten", exten, "--at", "2026-10-01"], 1, /^Calls of that time are on record no more: ask within 30 days/],
      [["--user", "nobody@example.com"], 1, /^There is no user nobody@example\.com/],
    ] as const) {
      const said = await why(...args);
      assert.deepEqual([said.code, said.out], [code, ""], args.join(" "));
      assert.match(said.err, message);
    }
  });
});
