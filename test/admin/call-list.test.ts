import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { parse } from "csv-parse/sync";
import { probePbxId } from "../../functions/src/probe/probe-phones.ts";
import { alice, bob, startFunctions } from "../support/functions.ts";
import { resetState } from "../support/line.ts";
import { ops } from "./run-ops.ts";
import { askLater, at, saveRing } from "./stored-rings.ts";

const functions = await startFunctions();
after(() => functions.close());
beforeEach(() => resetState(functions));

const { db } = functions.services;
const list = (...args: string[]) =>
  ops(["calls", "list", ...args, "--project", functions.projectId], askLater(functions));
const idsOf = async (...args: string[]) => (await list(...args, "--json")).json.map((one: any) => one.callId);

async function saveThree(): Promise<void> {
  await saveRing(functions, "one", { answeredAt: at(5000), status: "answered" });
  await saveRing(functions, "two", { exten: "0702", uid: bob.uid, pbxId: "pbx-2" }, 60_000);
  await saveRing(functions, "three", { endedAt: at(123_000), endReason: "cancelled", status: "ended" }, 120_000);
}

describe("calls list", () => {
  it("lists rings, newest first, with local times and without the caller", async () => {
    await saveThree();
    const { code, out, err } = await list();
    assert.deepEqual([code, err], [0, ""]);
    const [head, ...rows] = out.trimEnd().split("\n");
    assert.match(head!, /^announced \(Asia\/Seoul\) +exten +status +phones +call$/);
    assert.deepEqual(
      rows.map((row) => row.split(/ {2,}/)),
      [
        ["2026-11-30 14:05:02.120", "07045144801", "ended (cancelled)", "phone-1 accepted", "pbx-1~three.1"],
        ["2026-11-30 14:04:02.120", "0702", "ended (missed)", "phone-1 accepted", "pbx-2~two.1"],
        ["2026-11-30 14:03:02.120", "07045144801", "answered", "phone-1 accepted", "pbx-1~one.1"],
      ],
    );
    assert.doesNotMatch(out + (await list("--json")).out + (await list("--csv")).out, /홍길동|01012345678/);
    assert.match((await list("--time-zone", "UTC")).out, /^announced \(UTC\)[^]*\n2026-11-30 05:05:02\.120 /);
  });

  it("finds them by exten, user, PBX, status and time, and by several of these at once", async () => {
    await saveThree();
    assert.deepEqual(await idsOf("--exten", "07045144801"), ["three", "one"]);
    assert.deepEqual(await idsOf("--user", bob.email), ["two"]);
    assert.deepEqual(await idsOf("--user", alice.uid), ["three", "one"]);
    assert.deepEqual(await idsOf("--pbx", "pbx-2"), ["two"]);
    assert.deepEqual(await idsOf("--status", "missed"), ["two"]);
    assert.deepEqual(await idsOf("--status", "ended"), ["three", "two"]);
    assert.deepEqual(await idsOf("--status", "answered"), ["one"]);
    assert.deepEqual(await idsOf("--since", "14:04"), ["three", "two"]);
    assert.deepEqual(await idsOf("--since", "14:03", "--until", "14:04"), ["two", "one"]);
    assert.deepEqual(await idsOf("--until", "2026-11-30"), ["three", "two", "one"]);
    assert.deepEqual(
      await idsOf("--exten", "07045144801", "--user", "alice", "--pbx", "pbx-1", "--status", "answered"),
      ["one"],
    );
    assert.deepEqual(await idsOf("--exten", "07045144801", "--pbx", "pbx-2"), []);
    assert.equal((await list("--exten", "0799")).out, "No rings in that time.\n");
    for (const args of [
      ["--status", "lost"],
      ["--since", "14:05", "--until", "14:04"],
      ["--since", "yesterday"],
    ]) {
      assert.equal((await list(...args)).code, 2, args.join(" "));
    }
  });

  it("leaves out the rings of the probe, unless its PBX is asked for", async () => {
    await saveRing(functions, "one", {});
    await saveRing(functions, "probed", { pbxId: probePbxId, uid: undefined }, 1000);
    assert.deepEqual(await idsOf(), ["one"]);
    assert.deepEqual(await idsOf("--pbx", probePbxId), ["probed"]);
  });

  it("finds an exten by its line, where a PBX's key has a prefix, and no other PBX's", async () => {
    const key = { pbxId: "pbx-2", scopes: ["calls"], extenPrefix: "82", createdAt: at(-1000) };
    await db.doc(`pbxKeys/${"a".repeat(64)}`).set(key);
    await saveRing(functions, "own", { exten: "101" });
    await saveRing(functions, "prefixed", { exten: "101", line: "82101", pbxId: "pbx-2" }, 1000);
    assert.deepEqual(await idsOf("--exten", "82101"), ["prefixed"]);
    assert.deepEqual(await idsOf("--exten", "101"), ["prefixed", "own"]);
  });

  it("says that there are more, and how to read on", async () => {
    for (const nth of [0, 1, 2, 3, 4]) await saveRing(functions, `ring-${nth}`, {}, nth * 1000);
    const first = await list("--limit", "2", "--json");
    assert.equal(
      first.err,
      "There are more than 2 rings: raise --limit, or go on with --until 2026-11-30T05:03:05.120Z\n",
    );
    assert.deepEqual(
      first.json.map((one: any) => one.callId),
      ["ring-4", "ring-3"],
    );
    // The last one is read again: another ring may have begun in the same millisecond.
    assert.deepEqual(await idsOf("--until", "2026-11-30T05:03:05.120Z"), ["ring-3", "ring-2", "ring-1", "ring-0"]);
    assert.equal((await list("--limit", "5")).err, "");
  });

  it("prints CSV that a spreadsheet can read", async () => {
    await saveThree();
    const { out } = await list("--csv", "--exten", "0702");
    assert.deepEqual(parse(out), [
      ["announcedAt", "callId", "callKey", "exten", "uid", "status", "reason", "phones"],
      ["2026-11-30T05:04:02.120Z", "two", "pbx-2~two.1", "0702", "bob", "ended", "missed", "phone-1 accepted"],
    ]);
    assert.equal((await list("--csv", "--exten", "0799")).out.split("\r\n").length, 2);
  });
});
