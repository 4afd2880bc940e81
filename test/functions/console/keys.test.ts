import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { askAs, refusalOf } from "../../support/console.ts";
import { demoKey, startFunctions } from "../../support/functions.ts";

const functions = await startFunctions();
after(() => functions.close());
const ask = askAs(functions);

async function statusWith(key: string): Promise<number> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  return (await functions.pbx("POST", "/calls", { call_id: "1.1", exten: "101" }, { headers })).status;
}

/** The last change on record. */
async function lastChange() {
  const { at: _, ...change } = (await ask("audit", { limit: 1 })).rows[0]!;
  return change;
}

describe("a key", () => {
  it("is shown once, works at the PBX, and may announce calls only", async () => {
    const made = await ask("addKey", { pbxId: "pbx-9", note: "Busan office" });
    assert.match(made.key, /^[0-9a-f]{64}$/);
    assert.match(made.settings, new RegExp(`^\\[general\\]\nurl_1 = http://127\\S+\nkey = ${made.key}\n$`));
    assert.notEqual(await statusWith(made.key), 401);
    const { rows } = await ask("keys", { pbxId: "pbx-9" });
    assert.deepEqual(
      [rows.length, rows[0]?.scopes, rows[0]?.note, rows[0]?.state],
      [1, ["calls"], "Busan office", "active"],
    );
    assert.doesNotMatch(JSON.stringify(await ask("keys")), new RegExp(made.key));
    const subject = { pbx: "pbx-9", scopes: "calls" };
    assert.deepEqual(await lastChange(), { who: "olga", from: "console", what: "keys add", subject, outcome: "done" });
  });

  it("gets what the form gives it", async () => {
    const grant = { pbxId: "pbx-8", extens: ["07*"], ips: ["192.0.2.0/24"], requestsPerSecond: 5 };
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    await ask("addKey", { ...grant, scopes: ["calls", "lines"], expiresAt });
    const [row] = (await ask("keys", { pbxId: "pbx-8" })).rows;
    assert.deepEqual(
      [row?.extens, row?.ips, row?.requestsPerSecond, row?.scopes, row?.expiresAt],
      [["07*"], ["192.0.2.0/24"], 5, ["calls", "lines"], expiresAt],
    );
  });

  it("is refused with a reason for each field, and not made", async () => {
    const wrong = { do: "addKey", pbxId: "a b", scopes: ["all"], ips: ["x"], extens: ["7*7"] };
    const { status, details } = await refusalOf(functions, wrong);
    assert.equal(status, 400);
    const paths = details.issues.map(({ path }: { path: string }) => path);
    assert.deepEqual(paths.toSorted(), ["extens.0", "ips.0", "pbxId", "scopes.0"]);
    const past = await refusalOf(functions, { do: "addKey", pbxId: "pbx-7", expiresAt: "2020-01-01T00:00:00Z" });
    assert.equal(past.message, "expiresAt must be in the future");
    assert.deepEqual((await ask("keys", { pbxId: "pbx-7" })).rows, []);
  });

  it("that was pasted for a PBX's name is refused before it is recorded", async () => {
    const key = "ab".repeat(32);
    assert.match((await refusalOf(functions, { do: "addKey", pbxId: key })).message, /looks like a key/);
    for (const what of ["rotateKey", "revokeKeys"]) {
      assert.equal((await refusalOf(functions, { do: what, pbxId: key })).status, 404);
    }
    assert.doesNotMatch(JSON.stringify((await ask("audit")).rows), new RegExp(key));
  });

  it("is rotated: the new one works, and the old one for a day", async () => {
    const old = await ask("addKey", { pbxId: "pbx-6", note: "hotel" });
    const made = await ask("rotateKey", { pbxId: "pbx-6" });
    assert.deepEqual(made.others, [old.sha256]);
    assert.notEqual(await statusWith(old.key), 401);
    assert.notEqual(await statusWith(made.key), 401);
    const { rows } = await ask("keys", { pbxId: "pbx-6" });
    assert.deepEqual(
      rows.map(({ sha256, note, expiresAt }) => [sha256, note, expiresAt]),
      [
        [old.sha256, "hotel", made.olderUntil],
        [made.sha256, "hotel", undefined],
      ],
    );
    assert.equal((await lastChange()).what, "keys rotate");
  });

  it("is revoked, alone or with all of its PBX", async () => {
    const [one, other] = [await ask("addKey", { pbxId: "pbx-5" }), await ask("addKey", { pbxId: "pbx-5" })];
    assert.deepEqual(other.others, [one.sha256]);
    const first = await ask("revokeKeys", { pbxId: "pbx-5", sha256: one.sha256 });
    assert.deepEqual(first, { revoked: [one.sha256], failed: [], left: 1 });
    const subject = { pbx: "pbx-5", sha256: one.sha256 };
    assert.deepEqual(await lastChange(), {
      who: "olga",
      from: "console",
      what: "keys revoke",
      subject,
      outcome: "done",
    });
    assert.deepEqual(await ask("revokeKeys", { pbxId: "pbx-5" }), { revoked: [other.sha256], failed: [], left: 0 });
    // Neither was used before: no instance remembers them.
    assert.equal(await statusWith(one.key), 401);
    const again = await refusalOf(functions, { do: "revokeKeys", pbxId: "pbx-5" });
    assert.deepEqual([again.status, again.code], [404, "NOT_FOUND"]);
  });

  it("is in no line of the log", async () => {
    const made = await ask("addKey", { pbxId: "pbx-4" });
    const told = functions.logged.filter((line) => line.includes(made.key) || line.includes(demoKey));
    assert.deepEqual(told, []);
  });
});
