import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, beforeEach, describe, it } from "node:test";
import { pbxKeyPath, savePbxKey } from "../../harness/pbx-keys.ts";
import { requestPbx, startFunctions } from "../support/functions.ts";
import { withFailing } from "../support/failing-services.ts";
import { resetState } from "../support/line.ts";
import { emptyFolder, ops } from "./run-ops.ts";

const functions = await startFunctions();
after(() => functions.close());
beforeEach(() => resetState(functions));

const { services } = functions;
const { db } = services;
const at =
  (project: string) =>
  (...args: string[]) =>
    ops(["keys", ...args, "--project", project], services);
const keys = at("demo-pbx-push");
const document = async (key: string) => (await db.doc(pbxKeyPath(key)).get()).data();

/** The status of a request with a key, by an instance that knows no key yet. */
async function statusWith(key: string, path = "/calls/none"): Promise<number> {
  const headers = { authorization: `Bearer ${key}` };
  return (await requestPbx(await functions.servePbx(services), "GET", path, undefined, { headers })).status;
}

describe("keys add", () => {
  it("prints the key once, with the lines for the PBX's settings file, and stores its digest", async () => {
    const { code, out, err } = await keys("add", "pbx-2");
    assert.deepEqual([code, err], [0, ""]);
    const [, key = ""] = /shown only once; it works within a minute:\n\n {2}([0-9a-f]{64})\n/.exec(out)!;
    const url = "http://127.0.0.1:5001/demo-pbx-push/asia-northeast3/pbx";
    assert.ok(out.endsWith(`[general]\nurl_1 = ${url}\nkey = ${key}\n`), out);
    assert.match(out, /chmod 0600/);
    const { createdAt, ...grant } = (await document(key))!;
    assert.deepEqual(grant, { pbxId: "pbx-2", scopes: ["calls"] });
    assert.ok(Math.abs(createdAt.toMillis() - Date.now()) < 60_000);
    const { docs } = await db.collection("pbxKeys").get();
    assert.ok(!JSON.stringify(docs.map((one) => [one.id, one.data()])).includes(key));
    assert.deepEqual([await statusWith(key), await statusWith(key, "/lines/0701")], [404, 403]);
  });

  it("prints the address of a real project", async () => {
    const { out } = await at("wolley-push")("add", "pbx-1");
    assert.match(out, /\nurl_1 = https:\/\/asia-northeast3-wolley-push\.cloudfunctions\.net\/pbx\n/);
  });

  it("prints how to revoke the PBX's other keys", async () => {
    const { json: older } = await keys("add", "pbx-2", "--json");
    const { out } = await keys("add", "pbx-2");
    assert.ok(out.includes(`  keys revoke pbx-2 --sha256 ${older.sha256}\n`), out);
  });

  it("stores every restriction", async () => {
    const reach = ["--extens", "070*, #1, \\*97", "--scopes", "calls,send", "--ips", "203.0.113.7/32,::1"];
    const more = ["--prefix", "82", "--rate", "7", "--expires", "30d", "--note", "the office"];
    const { json } = await keys("add", "pbx-2", ...reach, ...more, "--json");
    const { createdAt: _, expiresAt, ...grant } = (await document(json.key))!;
    assert.deepEqual(grant, {
      pbxId: "pbx-2",
      scopes: ["calls", "send"],
      extens: ["070*", "#1", "\\*97"],
      extenPrefix: "82",
      ips: ["203.0.113.7/32", "::1"],
      requestsPerSecond: 7,
      note: "the office",
    });
    assert.ok(Math.abs(expiresAt.toMillis() - Date.now() - 30 * 86_400_000) < 60_000);
  });

  it("warns of another PBX's key that shares lines with a prefix, and only then", async () => {
    await db.doc(pbxKeyPath("demo-pbx-key")).delete();
    const warnings = async (...args: string[]) => {
      const { code, err } = await keys("add", ...args);
      assert.equal(code, 0);
      return err;
    };
    await savePbxKey(db, "doctor", { pbxId: "doctor", scopes: ["keys"] });
    await savePbxKey(db, "old", { pbxId: "pbx-0", revokedAt: new Date() } as object);
    assert.equal(await warnings("pbx-2", "--prefix", "82"), "");
    assert.equal(await warnings("pbx-2", "--prefix", "82"), "");
    assert.equal(await warnings("pbx-3", "--prefix", "83"), "");
    for (const prefix of ["8", "82", "821"]) {
      const err = await warnings("pbx-4", "--prefix", prefix);
      assert.match(err, new RegExp(`^Warning: the prefix 82 of pbx-2 and ${prefix} begin alike`, "m"));
      assert.equal(err.includes("83 of pbx-3"), prefix === "8");
    }
    assert.equal(await warnings("pbx-5", "--extens", "070*"), "");
    assert.equal(await warnings("pbx-6", "--prefix", "99"), "");
    assert.equal(await warnings("pbx-7"), "");
    assert.match(
      await warnings("pbx-8", "--prefix", "98"),
      /^Warning: the key of pbx-7 has neither --prefix nor --extens: it reaches every line\n$/,
    );
  });

  const wrong: Record<string, [args: string[], says: RegExp]> = {
    "an id that is not valid in a call id": [["add", "pbx~2"], /^pbxId pbx~2: .*see --help/],
    "the name of the probe": [["add", "pbx-push-probe"], /^pbx-push-probe is the name of the hourly probe/],
    "an unknown scope": [["add", "p", "--scopes", "calls,ring"], /^scopes ring: /],
    "a pattern with letters": [["add", "p", "--extens", "070x"], /^extens 070x: /],
    "a star in the middle": [["add", "p", "--extens", "0*7"], /^extens 0\*7: .*only at the end/],
    "a prefix with letters": [["add", "p", "--prefix", "8a"], /^extenPrefix 8a: /],
    "an invalid address": [["add", "p", "--ips", "10.0.0.0/40"], /^ips 10\.0\.0\.0\/40: /],
    "a list with an empty item": [["add", "p", "--ips", "10.0.0.1,,"], /no empty item/],
    "a rate of none": [["add", "p", "--rate", "0"], /--rate takes a whole number from 1/],
    "a time that is past": [["add", "p", "--expires", "2020-01-01"], /--expires takes a date to come/],
    "a time that is none": [["add", "p", "--expires", "soon"], /--expires takes a date to come/],
    "no id": [["add"], /^Missing required argument 'pbx'/],
  };
  for (const [what, [args, says]] of Object.entries(wrong)) {
    it(`refuses ${what}`, async () => {
      const { code, out, err } = await keys(...args);
      assert.deepEqual([code, out, err.split("\n").length], [2, "", 2], err);
      assert.match(err, says);
      assert.equal((await db.collection("pbxKeys").get()).size, 1);
    });
  }
});

describe("keys list", () => {
  it("shows what each key is for, whether it works and when it was last used, and never a whole digest", async () => {
    await keys("add", "pbx-2", "--extens", "070*", "--note", "the office");
    await savePbxKey(db, "old", { pbxId: "pbx-3", expiresAt: new Date("2026-01-01") } as object);
    await savePbxKey(db, "broken", { pbxId: "pbx-4", scope: "calls" } as object);
    await keys("revoke", "pbx-1");
    const { out } = await keys("list");
    assert.match(out, /^pbx +sha256 +state +expires +last used +scopes +extens +ips +note\n/);
    assert.match(out, /\npbx-1 +[0-9a-f]{8}… +revoked +never +calls send lines keys +all +all\s*\n/);
    assert.match(out, /\npbx-2 +[0-9a-f]{8}… +active +never +calls +070\* +all +the office\n/);
    assert.match(out, /\npbx-3 +[0-9a-f]{8}… +expired +2026-01-01T00:00:00.000Z /);
    assert.match(out, /\npbx-4 +[0-9a-f]{8}… +unusable .*"scope"/);
    const { json, out: text } = await keys("list", "--json");
    assert.deepEqual(
      json.map(({ pbxId, state }: any) => [pbxId, state]),
      [
        ["pbx-1", "revoked"],
        ["pbx-2", "active"],
        ["pbx-3", "expired"],
        ["pbx-4", "unusable"],
      ],
    );
    assert.doesNotMatch(out + text, /[0-9a-f]{9}/);
  });

  it("reports that there is no key", async () => {
    await db.doc(pbxKeyPath("demo-pbx-key")).delete();
    assert.match((await keys("list")).out, /no key: every PBX is refused/);
  });
});

describe("keys rotate", () => {
  it("makes a key that allows the same, and lets the older ones work for a day", async () => {
    const { json: old } = await keys("add", "pbx-2", "--extens", "070*", "--scopes", "calls,lines", "--json");
    const { code, json: fresh } = await keys("rotate", "pbx-2", "--json");
    assert.deepEqual([code, fresh.older], [0, [old.sha256]]);
    const [former, next] = [await document(old.key), await document(fresh.key)];
    assert.deepEqual([next!["extens"], next!["scopes"], next!["expiresAt"]], [["070*"], ["calls", "lines"], undefined]);
    assert.ok(Math.abs(former!["expiresAt"].toMillis() - Date.now() - 86_400_000) < 60_000);
    assert.deepEqual([await statusWith(old.key), await statusWith(fresh.key)], [404, 404]);
    const later = { ...services, clock: { ...services.clock, now: () => Date.now() + 86_500_000 } };
    const url = await functions.servePbx(later);
    const headers = { authorization: `Bearer ${old.key}` };
    assert.equal((await requestPbx(url, "GET", "/calls/none", undefined, { headers })).status, 401);
  });

  it("lengthens no key's life", async () => {
    const { json: old } = await keys("add", "pbx-2", "--expires", "1h", "--json");
    const { out } = await keys("rotate", "pbx-2");
    assert.match(out, /The older ones \([0-9a-f]{8}\) work until /);
    assert.ok((await document(old.key))!["expiresAt"].toMillis() < Date.now() + 3_700_000);
  });

  it("stores no key that it cannot show", async () => {
    const args = ["keys", "rotate", "pbx-1", "--project", "demo-pbx-push"];
    assert.equal((await ops(args, withFailing(functions, "changes"))).code, 1);
    assert.equal((await db.collection("pbxKeys").get()).size, 1);
  });

  it("copies the newest key, though the clocks of those who made them differ", async () => {
    const clock = { ...services.clock, now: () => Date.now() + 600_000 };
    await ops(["keys", "add", "pbx-2", "--note", "first", "--project", "demo-pbx-push"], { ...services, clock });
    await keys("add", "pbx-2", "--note", "second");
    const { json } = await keys("rotate", "pbx-2", "--json");
    assert.equal((await document(json.key))!["note"], "second");
  });

  it("reports a PBX without a key", async () => {
    const { code, err } = await keys("rotate", "pbx-9");
    assert.deepEqual([code, err], [1, "pbx-9 has no key that works: keys add pbx-9\n"]);
  });
});

describe("keys revoke", () => {
  it("revokes all keys of a PBX, and no other's", async () => {
    const made = [await keys("add", "pbx-2", "--json"), await keys("add", "pbx-2", "--json")];
    const { code, out } = await keys("revoke", "pbx-2");
    assert.equal(code, 0);
    assert.match(
      out,
      /^Revoked [0-9a-f]{8}, [0-9a-f]{8}; refused within a minute\. Keys of pbx-2 that still work: 0\.\n$/,
    );
    for (const { json } of made) assert.equal(await statusWith(json.key), 401);
    assert.equal(await statusWith("demo-pbx-key"), 404);
  });

  for (const minutes of [-10, 10]) {
    it(`acts at once, though the operator's clock is ${minutes} minutes off`, async () => {
      const clock = { ...services.clock, now: () => Date.now() + minutes * 60_000 };
      const there = async (...args: string[]) =>
        ops(["keys", ...args, "--project", "demo-pbx-push"], { ...services, clock });
      const { json } = await there("add", "pbx-2", "--json");
      const { out } = await there("revoke", "pbx-2");
      assert.match(out, /still work: 0\.\n$/);
      assert.equal(await statusWith(json.key), 401);
      const { createdAt, revokedAt } = (await document(json.key))!;
      for (const time of [createdAt, revokedAt]) assert.ok(Math.abs(time.toMillis() - Date.now()) < 60_000);
      const { json: listed } = await keys("list", "--json");
      assert.equal(listed.find((key: any) => key.pbxId === "pbx-2").state, "revoked");
    });
  }

  it("revokes one by the start of its digest", async () => {
    const { json: old } = await keys("add", "pbx-2", "--json");
    const { json: fresh } = await keys("add", "pbx-2", "--json");
    await keys("revoke", "pbx-2", "--sha256", `${old.sha256.toUpperCase()}…`);
    assert.deepEqual([await statusWith(old.key), await statusWith(fresh.key)], [401, 404]);
  });

  it("reports an unknown key", async () => {
    const { code, err } = await keys("revoke", "pbx-9");
    assert.deepEqual([code, err], [1, "pbx-9 has no key that could be revoked\n"]);
    assert.equal((await keys("revoke", "pbx-1", "--sha256", "x")).code, 2);
  });
});

describe("keys import", () => {
  const folder = emptyFolder();
  const secret = (value: unknown) => {
    const file = join(folder, "secret");
    writeFileSync(file, typeof value === "string" ? value : JSON.stringify(value));
    return file;
  };
  const digest = (key: string) => pbxKeyPath(key).split("/")[1]!;

  it("stores the keys of the first edition's secret: no PBX needs another key", async () => {
    const entries = [
      { id: "pbx-2", sha256: digest("theirs").toUpperCase() },
      { id: "pbx-3", sha256: digest("limited"), scopes: ["calls"], extens: ["070*"], ips: ["127.0.0.1"] },
    ];
    const warned = `⚠ functions: a warning of the Firebase CLI\n${JSON.stringify(entries, undefined, 2)}\n`;
    const { code, out } = await keys("import", secret(warned));
    assert.deepEqual([code, out], [0, "Keys stored: 2; stored before: 0.\n"]);
    assert.deepEqual((await document("theirs"))!["scopes"], ["calls", "send", "lines"]);
    assert.deepEqual([await statusWith("theirs"), await statusWith("theirs", "/lines/0701")], [404, 404]);
    assert.deepEqual([await statusWith("limited", "/lines/0701")], [403]);
    // Again, and with a key that was revoked meanwhile.
    await keys("revoke", "pbx-2");
    assert.equal((await keys("import", secret(entries))).out, "Keys stored: 0; stored before: 2.\n");
    assert.equal(await statusWith("theirs"), 401);
  });

  const broken = {
    "that is not JSON": '[{"id":"pbx-2","sha256":"secret-hash',
    "with a misspelt restriction": [{ id: "pbx-2", sha256: digest("theirs"), extnes: ["070*"] }],
    "with one wrong key": [
      { id: "pbx-2", sha256: digest("theirs") },
      { id: "pbx-3", sha256: "clear-text" },
    ],
    "with a star that may be one on the dial": [{ id: "pbx-2", sha256: digest("theirs"), extens: ["*97"] }],
  };
  for (const [what, value] of Object.entries(broken)) {
    it(`stores nothing of a secret ${what}, and does not quote it`, async () => {
      const { code, err } = await keys("import", secret(value));
      assert.equal(code, 1);
      assert.match(err, /Nothing was stored/);
      assert.doesNotMatch(err, /secret-hash|clear-text/);
      assert.equal(await document("theirs"), undefined);
    });
  }
});
