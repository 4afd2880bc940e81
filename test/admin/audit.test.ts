import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { after, beforeEach, describe, it } from "node:test";
import { alice, demoKey, startFunctions } from "../support/functions.ts";
import { changeDatabase, override } from "../support/failing-services.ts";
import { addPhone, resetState } from "../support/line.ts";
import { pbxKeyPath } from "../../harness/pbx-keys.ts";
import { emptyFolder, ops } from "./run-ops.ts";

const functions = await startFunctions({ AUDIENCE_SHARDS: "2" });
after(() => functions.close());
beforeEach(() => resetState(functions));

const run = (...args: string[]) => ops([...args, "--project", functions.projectId], functions.services);
const records = async () => (await functions.services.db.collection("audit").get()).docs.map((one) => one.data());
const folder = emptyFolder();
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const secret = file("keys.json", JSON.stringify([{ id: "pbx-9", sha256: pbxKeyPath("theirs").split("/")[1] }]));
const csv = file("lines.csv", "exten,user\n0705,alice\n");

/** Each command that changes something, with what is recorded. */
const changes: readonly (readonly [args: readonly string[], what: string, subject: object])[] = [
  [["keys", "add", "pbx-2", "--scopes", "calls,lines"], "keys add", { pbx: "pbx-2", scopes: "calls lines" }],
  [["keys", "rotate", "pbx-1"], "keys rotate", { pbx: "pbx-1" }],
  [["keys", "revoke", "pbx-1"], "keys revoke", { pbx: "pbx-1" }],
  [["keys", "import", secret], "keys import", {}],
  [["lines", "assign", "0702", "alice"], "lines assign", { exten: "0702", user: "alice" }],
  [["lines", "unassign", "0701"], "lines unassign", { exten: "0701" }],
  [["lines", "import", csv], "lines import", { file: csv }],
  [["users", "erase", "alice"], "users erase", { user: "alice" }],
  [["devices", "forget", "phone-1"], "devices forget", { deviceId: "phone-1" }],
  [["campaign", "disable", "saveLocation"], "campaign disable", { campaign: "saveLocation" }],
  [["campaign", "enable", "saveLocation"], "campaign enable", { campaign: "saveLocation" }],
  [["audience", "check", "--mend", "--shards", "2"], "audience check --mend", {}],
  [["audience", "rebuild", "--shards", "2"], "audience rebuild", { shards: "2" }],
];

describe("an operator's change", () => {
  for (const [args, what, subject] of changes) {
    it(`is recorded: ${what}`, async () => {
      await functions.pbx("PUT", "/lines/0701", { uid: alice.uid });
      const token = await addPhone(functions, "phone-1");
      const { out, err } = await run(...args);
      const [record, ...more] = await records();
      assert.deepEqual([record?.["what"], record?.["subject"], record?.["outcome"]], [what, subject, "done"], err);
      assert.deepEqual([record?.["who"], record?.["from"], more], [userInfo().username, hostname(), []]);
      assert.ok(Math.abs(record?.["at"].toMillis() - Date.now()) < 60_000);
      const [, key = demoKey] = /\n {2}([0-9a-f]{64})\n/.exec(out) ?? [];
      for (const hidden of [key, token]) assert.ok(!JSON.stringify(record).includes(hidden));
    });
  }

  it("names its user by uid, although the operator wrote the email", async () => {
    await run("lines", "assign", "0702", alice.email);
    await addPhone(functions, "phone-1");
    await run("devices", "forget", "phone-1", "--user", alice.email);
    await run("users", "erase", alice.email.toUpperCase());
    assert.equal((await run("users", "erase", "nobody@example.com")).code, 1);
    assert.equal((await run("lines", "assign", "0702", "nobody@example.com")).code, 1);
    const recorded = await records();
    assert.deepEqual(recorded.map(({ what, subject, outcome }) => `${what} ${subject.user} ${outcome}`).toSorted(), [
      "devices forget alice done",
      "lines assign alice done",
      "users erase alice done",
    ]);
    assert.ok(!JSON.stringify(recorded).includes("@"));
  });

  it("that fails is recorded as failed, and the others are still done", async () => {
    assert.equal((await run("lines", "unassign", "0709")).code, 1);
    assert.deepEqual(
      (await records()).map(({ what, outcome }) => [what, outcome]),
      [["lines unassign", "failed"]],
    );
  });

  it("that does nothing is recorded as failed", async () => {
    await run("pushes", "resend", "pbx-1~a");
    await run("lines", "import", file("wrong.csv", "exten,user\n0705,nobody\n"));
    assert.deepEqual((await records()).map(({ what, outcome }) => `${what} ${outcome}`).toSorted(), [
      "lines import failed",
      "pushes resend failed",
    ]);
  });

  const secrets = {
    "a key": "5f".repeat(32),
    "a key that was chosen by hand": "the-office-2026",
    "a registration": `cJ9-x_${"a".repeat(16)}:APA91b${"B".repeat(134)}`,
  };
  for (const [what, value] of Object.entries(secrets)) {
    it(`never has ${what} that was pasted in place of a name`, async () => {
      for (const args of [
        ["keys", "rotate"],
        ["keys", "revoke"],
        ["devices", "forget"],
      ]) {
        assert.notEqual((await run(...args, value)).code, 0);
        assert.notEqual((await run(...args, value, "--json")).code, 0);
      }
      if (what === "a key") assert.equal((await run("keys", "add", value)).code, 2);
      assert.ok(!JSON.stringify(await records()).includes(value.slice(0, 40)));
      assert.deepEqual(await records(), []);
    });
  }

  it("that is done in part tells which part", async () => {
    const { json: first } = await run("keys", "add", "pbx-2", "--json");
    const { json: second } = await run("keys", "add", "pbx-2", "--json");
    const { db } = functions.services;
    const fails = async () => Promise.reject(Object.assign(new Error("14 UNAVAILABLE: gone"), { code: 14 }));
    const collection = (name: string) => {
      if (name !== "pbxKeys") return db.collection(name);
      const keys = db.collection(name);
      const doc = (id: string) =>
        pbxKeyPath(second.key).endsWith(id) ? override(keys.doc(id), { update: fails }) : keys.doc(id);
      return override(keys, { doc });
    };
    const services = changeDatabase(functions.services, { collection });
    const { code, out, err } = await ops(["keys", "revoke", "pbx-2", "--project", functions.projectId], services);
    assert.equal(code, 1);
    assert.match(out, new RegExp(`^Revoked ${first.sha256}; .* that still work: 1\\.\n$`));
    assert.equal(err, `Not revoked: ${second.sha256}: 14 UNAVAILABLE: gone. Repeat the command.\n`);
    const record = (await records()).find(({ what }) => what === "keys revoke");
    assert.equal(record?.["outcome"], "failed");
    assert.deepEqual(record?.["result"], { revoked: first.sha256, notRevoked: second.sha256 });
    assert.match((await run("audit")).out, / pbx=pbx-2 (?=.*revoked=\w{8})(?=.*notRevoked=\w{8}).* failed/);
  });

  for (const args of [
    ["keys", "list"],
    ["lines", "list"],
    ["lines", "import", csv, "--dry-run"],
    ["users", "erase", "alice", "--dry-run"],
    ["devices", "list"],
    ["audience", "check", "--shards", "2"],
    ["campaign", "status"],
    ["pushes", "failed"],
    ["audit"],
  ]) {
    it(`is none: ${args.join(" ").replace(csv, "lines.csv")}`, async () => {
      await run(...args);
      assert.deepEqual(await records(), []);
    });
  }
});

describe("audit", () => {
  it("lists the changes, newest first, and those of a command that died", async () => {
    await run("lines", "assign", "0702", "alice");
    await run("lines", "unassign", "0702");
    const { db } = functions.services;
    const died = { who: "kim", from: "laptop", what: "users erase", subject: { user: "bob" }, at: new Date() };
    await db.doc("audit/died").set(died);
    await db.doc("audit/old").set({ ...died, at: new Date("2026-01-01") });
    const { out } = await run("audit");
    const [head, ...rows] = out.trimEnd().split("\n");
    assert.match(head!, /^when +who +from +what +to +outcome$/);
    assert.equal(rows.length, 3);
    assert.match(rows[0]!, /^20\S+Z +kim +laptop +users erase +user=bob +unfinished$/);
    assert.match(rows[1]!, / lines unassign +exten=0702 +done$/);
    assert.match(rows[2]!, / lines assign +exten=0702 user=alice +done$/);
    assert.equal((await run("audit", "--json", "--limit", "1")).json[0].who, "kim");
    assert.equal((await run("audit", "--since", "1000d", "--json")).json.length, 4);
    assert.equal((await run("audit", "--since", "soon")).code, 2);
  });

  it("says that nothing was changed", async () => {
    assert.equal((await run("audit")).out, "Nothing was changed in this time.\n");
  });
});
