import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, beforeEach, describe, it } from "node:test";
import { alice, bob, startFunctions } from "../support/functions.ts";
import { addPhone, devicePath, resetState } from "../support/line.ts";
import { withFailing } from "../support/failing-services.ts";
import { emptyFolder, ops } from "./run-ops.ts";

const functions = await startFunctions();
after(() => functions.close());
beforeEach(() => resetState(functions));

const { db } = functions.services;
const lines = (...args: string[]) => ops(["lines", ...args, "--project", functions.projectId], functions.services);
const folder = emptyFolder();

function csv(text: string): string {
  const file = join(folder, "lines.csv");
  writeFileSync(file, text);
  return file;
}

async function stored(): Promise<Record<string, string>> {
  const { docs } = await db.collection("lines").get();
  return Object.fromEntries(docs.map((line) => [line.id, line.get("uid")]));
}

async function extensOf(path: string) {
  return (await db.doc(path).get()).get("extens");
}

describe("lines assign and unassign", () => {
  it("gives an exten to a user by email or uid, and to their phones, and takes it back", async () => {
    await addPhone(functions, "phone-1");
    const { code, out } = await lines("assign", "0701", "Alice@example.com");
    assert.deepEqual([code, out], [0, "0701 now rings the phones of alice@example.com.\n"]);
    assert.deepEqual(await extensOf(devicePath("phone-1")), ["0701"]);
    assert.deepEqual((await lines("assign", "0701", "bob", "--json")).json, { exten: "0701", uid: "bob" });
    assert.deepEqual([await extensOf(devicePath("phone-1")), await extensOf("users/bob")], [[], ["0701"]]);
    assert.equal((await lines("unassign", "0701")).out, "0701 is no longer assigned to bob.\n");
    assert.deepEqual(await stored(), {});
    assert.deepEqual((await lines("unassign", "0701")).err, "0701 is not assigned\n");
  });

  it("refuses a user that does not exist and an exten that cannot be dialled", async () => {
    for (const name of ["nobody@example.com", "alcie"]) {
      const { code, err } = await lines("assign", "0701", name);
      assert.deepEqual([code, err], [1, `There is no user ${name}\n`]);
    }
    const { code, err } = await lines("assign", "0701x", "alice");
    assert.equal(code, 2);
    assert.match(err, /^exten 0701x must be an optional \+ and 1 to 32 digits/);
    for (const name of ["", "../x", "__x__"]) {
      const wrong = await lines("assign", "0701", name);
      assert.deepEqual([wrong.code, wrong.err], [2, `user "${name}" is neither a uid nor an email (see --help)\n`]);
    }
    assert.deepEqual(await stored(), {});
  });
});

describe("an email that is not verified", () => {
  it("gets no line by its email, and one by its user's uid", async () => {
    const { code, err } = await lines("assign", "0701", "carol@example.com");
    assert.deepEqual([code, err], [1, "carol@example.com is not verified; if it is theirs, name the uid: mallory\n"]);
    const file = csv("exten,user\n0701,alice@example.com\n0702,Carol@example.com\n");
    const imported = await lines("import", file);
    assert.equal(imported.code, 1);
    assert.match(imported.err, /lines\.csv:3: Carol@example\.com is not verified; its uid is mallory\n/);
    assert.deepEqual(await stored(), {});
    assert.equal((await lines("assign", "0701", "mallory")).code, 0);
    assert.deepEqual(await stored(), { "0701": "mallory" });
  });
});

describe("lines list", () => {
  it("lists extens with their users, and marks users that no longer exist", async () => {
    assert.equal((await lines("list")).out, "There are no lines yet.\n");
    await lines("assign", "0702", "alice");
    await db.doc("lines/0701").set({ uid: "gone" });
    const { out } = await lines("list");
    assert.match(out, /^exten +uid +email\n0701 +gone +\(no such user\)\n0702 +alice +alice@example\.com\n$/);
    assert.deepEqual((await lines("list", "--json")).json[0], {
      exten: "0701",
      uid: "gone",
      email: null,
      known: false,
    });
  });
});

describe("lines import", () => {
  it("gives every exten of a CSV file to its user, and takes it from its former owner", async () => {
    await Promise.all([addPhone(functions, "phone-a", alice), addPhone(functions, "phone-b", bob)]);
    await lines("assign", "0701", "alice");
    await lines("assign", "0709", "bob");
    const file = csv('\uFEFFExten;Name;User\r\n0701;"Lee; A";bob@example.com\r\n\r\n0702;Kim;bob\r\n#3;Park;alice\r\n');
    const { code, out, err } = await lines("import", file);
    assert.deepEqual([code, out], [0, "Extens assigned: 3.\n"]);
    assert.equal(err, "users looked up 3/3\n");
    assert.deepEqual(await stored(), { "#3": "alice", "0701": "bob", "0702": "bob", "0709": "bob" });
    assert.deepEqual(await extensOf(devicePath("phone-a")), ["#3"]);
    assert.deepEqual(await extensOf(devicePath("phone-b", bob)), ["0709", "0701", "0702"]);
    assert.deepEqual(await extensOf("users/bob"), ["0709", "0701", "0702"]);
  });

  it("swaps the extens of two users in one go, and changes nothing when repeated", async () => {
    await lines("assign", "0701", "alice");
    await lines("assign", "0702", "bob");
    const file = csv("exten,uid\n0701,bob\n0702,alice\n");
    for (const _ of [1, 2]) await lines("import", file);
    assert.deepEqual(await stored(), { "0701": "bob", "0702": "alice" });
    assert.deepEqual([await extensOf("users/alice"), await extensOf("users/bob")], [["0702"], ["0701"]]);
  });

  it("reports every bad row with its line and reason, and writes no row", async () => {
    const rows = [
      "exten,user",
      "0701,alice",
      "070x,alice",
      "0702",
      "0701,bob",
      "0703,who@example.com",
      "0704,",
      "0705,a/b",
    ];
    const file = csv(`${rows.join("\n")}\n`);
    const { code, out, err } = await lines("import", file);
    assert.equal(code, 1);
    assert.equal(out, "Nothing was written; wrong rows: 6.\n");
    const said = err.split("\n").filter((line) => line.startsWith(file));
    assert.deepEqual(
      said.map((line) => line.slice(file.length + 1)),
      [
        '3: exten "070x" must be an optional + and 1 to 32 digits, * or #',
        "4: 1 columns where the first row has 2",
        "5: exten 0701 is already in line 2",
        "6: there is no user who@example.com",
        '7: user "" is neither a uid nor an email',
        '8: user "a/b" is neither a uid nor an email',
      ],
    );
    assert.deepEqual(await stored(), {});
    const { json, err: besides } = await lines("import", file, "--json");
    assert.equal(besides, "");
    assert.deepEqual([json.rows, json.written, json.faults.length, json.faults[0].line], [7, 0, 6, 3]);
  });

  it("reports the line of a broken CSV file, and missing columns", async () => {
    const broken = await lines("import", csv('exten,user\n0701,"alice\n'));
    assert.equal(broken.code, 1);
    assert.match(broken.err, /lines\.csv:\d: Quote Not Closed/);
    assert.match((await lines("import", csv("0701,alice\n"))).err, /lines\.csv:1: the first row names the columns/);
    assert.match((await lines("import", csv(""))).err, /lines\.csv:1: the first row names the columns/);
  });

  it("writes nothing with --dry-run", async () => {
    const { code, out } = await lines("import", csv("exten,user\n0701,alice\n"), "--dry-run");
    assert.deepEqual([code, out], [0, "Nothing was written; valid rows: 1.\n"]);
    assert.deepEqual(await stored(), {});
  });

  it("writes all or nothing when Firestore fails half-way: there is one transaction", async () => {
    const file = csv("exten,user\n0701,alice\n0702,bob\n");
    const args = ["lines", "import", file, "--project", functions.projectId];
    const { code, err } = await ops(args, withFailing(functions, "changes"));
    assert.equal(code, 1);
    assert.match(err, /14 UNAVAILABLE\n$/);
    assert.deepEqual(await stored(), {});
    assert.equal((await ops(args, withFailing(functions, "secondTransaction"))).code, 0);
    assert.deepEqual(await stored(), { "0701": "alice", "0702": "bob" });
  });

  it("takes at most two thousand rows", async () => {
    const rows = Array.from({ length: 2001 }, (_, index) => `${700_000 + index},${index % 2 === 0 ? "alice" : "bob"}`);
    const { code, err } = await lines("import", csv(`exten,user\n${rows.join("\n")}\n`));
    assert.equal(code, 1);
    assert.match(err, /lines\.csv:2002: more than 2000 rows: import them in parts\n/);
    assert.equal((await lines("import", csv(`exten,user\n${rows.slice(1).join("\n")}\n`))).code, 0);
    assert.equal(Object.keys(await stored()).length, 2000);
    assert.equal((await extensOf("users/alice")).length, 1000);
  });

  it("reports a missing file in one line", async () => {
    const { code, err } = await lines("import", join(folder, "nothing.csv"));
    assert.equal(code, 1);
    assert.match(err, /^ENOENT: no such file[^\n]*nothing\.csv'\n$/);
  });

  it("warns of numbers whose leading zero or plus a spreadsheet took, and writes them all the same", async () => {
    await lines("assign", "0701", "alice");
    await lines("assign", "+8210", "alice");
    const rows = ["exten,user", "701,alice", "8210,alice", "7045144801,bob", "1001,bob", "07045144802,bob"];
    const file = csv(`${rows.join("\n")}\n`);
    const { code, err } = await lines("import", file, "--dry-run");
    assert.equal(code, 0);
    assert.deepEqual(
      err.split("\n").filter((line) => line.startsWith("Warning")),
      [
        "Warning: 2 extens are lines already with a leading zero or plus, such as 0701; the first is 701 in line 2. Did a spreadsheet change them? Format the column as text, and see that each number is whole.",
        "Warning: 1 extens have 9 or 10 digits and no leading zero; the first is 7045144801 in line 4. Did a spreadsheet change them? Format the column as text, and see that each number is whole.",
      ],
    );
    const { json, err: besides } = await lines("import", file, "--json");
    assert.deepEqual([json.written, json.warnings.length, besides], [5, 2, ""]);
    assert.equal((await stored())["7045144801"], "bob");
  });

  it("does not warn of numbers as people write them", async () => {
    const extens = [
      "101",
      "1001",
      "15881234",
      "07045144801",
      "0212345678",
      "+827045144801",
      "827045144801",
      "*97",
      "#3",
    ];
    const file = csv(`exten,user\n${extens.map((one) => `${one},alice`).join("\n")}\n`);
    assert.deepEqual((await lines("import", file, "--dry-run", "--json")).json.warnings, []);
  });

  it("says of a rounded number that a spreadsheet has rounded it", async () => {
    const { err } = await lines("import", csv("exten,user\n7.04514E+10,alice\n"));
    assert.match(err, /lines\.csv:2: exten "7\.04514E\+10" must be .*; a spreadsheet has rounded it: format/);
  });

  it("prints an error in JSON where a row is wrong", async () => {
    const { code, json } = await lines("import", csv("exten,user\n070x,alice\n"), "--json");
    const error = {
      code: "failed",
      message: "Nothing was written; wrong rows: 1",
      remedy: "correct the rows in faults",
    };
    assert.deepEqual([code, json.error, json.faults.length], [1, error, 1]);
  });

  it("reads what lines list prints as CSV", async () => {
    await lines("assign", "0701", "alice");
    await lines("assign", "+8270", "bob");
    const { out } = await lines("list", "--csv");
    assert.equal(out, "exten,uid,email\r\n'+8270,bob,bob@example.com\r\n0701,alice,alice@example.com\r\n");
    await resetState(functions);
    assert.equal((await lines("import", csv(out))).code, 0);
    assert.deepEqual(await stored(), { "+8270": "bob", "0701": "alice" });
  });
});
