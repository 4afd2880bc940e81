import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, it } from "node:test";
import { parsePbxKeys } from "../../functions/src/keys/pbx-key.ts";
import { demoKeys } from "../../local/stack/demo-secret.ts";
import { sha256 } from "../support/functions.ts";
import { emptyFolder, ops } from "./run-ops.ts";

// The dotenv parser of the Functions emulator itself.
const { parseStrict } = createRequire(import.meta.url)("firebase-tools/lib/functions/env.js");

const local = ["--project", "demo-pbx-push"];

let secretFile: string;
beforeEach(() => {
  secretFile = join(emptyFolder(), ".secret.local");
});

const keys = (...args: string[]) => ops(["keys", ...args, ...local], undefined, { secretFile });
const stored = () => parsePbxKeys(parseStrict(readFileSync(secretFile, "utf8")).PBX_KEYS);

describe("keys add on the local stack", () => {
  it("prints the key once, with the lines for the PBX's settings file, and stores its digest in a file that only its owner can read", async () => {
    const { code, out, err } = await keys("add", "pbx-2");
    assert.deepEqual([code, err], [0, ""]);
    const [, key = ""] = /shown only once:\n\n {2}([0-9a-f]{64})\n/.exec(out)!;
    const url = "http://127.0.0.1:5001/demo-pbx-push/asia-northeast3/pbx";
    assert.ok(out.includes(`[general]\nurl_1 = ${url}\nkey = ${key}\n`), out);
    assert.match(out, /chmod 0600/);
    assert.match(out, /Restart a running local stack to use it; it then loses its lines and phones: npm start\n$/);
    assert.equal(stored().find(key)?.id, "pbx-2");
    assert.ok(!readFileSync(secretFile, "utf8").includes(key));
    assert.equal(statSync(secretFile).mode & 0o777, 0o600);
  });

  it("prints how to revoke the PBX's older key", async () => {
    await keys("add", "pbx-2");
    const older = (await keys("list", "--json")).json.find(({ id }: any) => id === "pbx-2");
    const { out } = await keys("add", "pbx-2");
    const command = `npm run ops -- keys revoke pbx-2 --sha256 ${older.sha256}`;
    assert.ok(out.includes(`  ${command}\n`), out);
    assert.equal((await keys("revoke", "pbx-2", "--sha256", older.sha256)).code, 0);
  });

  it("keeps the demo key when it comes before the first start", async () => {
    await keys("add", "pbx-2");
    assert.equal(stored().find("demo-pbx-key")?.id, "pbx-1");
    assert.equal(stored().size, 2);
  });

  it("stores an exten with a # in a form that the emulator reads whole", async () => {
    const { json } = await keys("add", "pbx-2", "--extens", "070*, #1", "--scopes", "calls,send", "--json");
    const key = stored().find(json.key)!;
    key.requireExten("#1");
    key.requireExten("0701");
    assert.throws(() => key.requireExten("0101"), /not for this exten/);
    assert.throws(() => key.requireScope("lines"), /lacks the scope/);
  });

  it("keeps the other secrets of the file, and the other keys", async () => {
    writeFileSync(secretFile, `# mine\nOTHER="a'b"\nexport PBX_KEYS=${JSON.stringify(demoKeys)}\nLAST=1`);
    await keys("add", "pbx-2");
    const text = readFileSync(secretFile, "utf8");
    const { OTHER, LAST } = parseStrict(text);
    assert.deepEqual([OTHER, LAST, stored().size], ["a'b", "1", 2]);
    assert.match(text, /^# mine\nOTHER="a'b"\nPBX_KEYS='[^\n]*'\nLAST=1$/);
  });

  it("does not overwrite a secret that it cannot read", async () => {
    const broken = 'PBX_KEYS=[{"id":"pbx-1",\n';
    writeFileSync(secretFile, broken);
    const { code, err } = await keys("add", "pbx-2");
    assert.equal(code, 1);
    assert.match(err, /^PBX_KEYS is not JSON\. Nothing was changed: .*doctor[^\n]*\n$/);
    assert.equal(readFileSync(secretFile, "utf8"), broken);
  });

  const wrong: Record<string, [args: string[], says: RegExp]> = {
    "an id that is not valid in a call id": [["add", "pbx~2"], /^id pbx~2: .*see --help/],
    "an unknown scope": [["add", "p", "--scopes", "calls,ring"], /^scopes ring: /],
    "a pattern with letters": [["add", "p", "--extens", "070x"], /^extens 070x: /],
    "an invalid address": [["add", "p", "--ips", "10.0.0.0/40"], /^ips 10\.0\.0\.0\/40: /],
    "a list with an empty item": [["add", "p", "--ips", "10.0.0.1,,"], /no empty item/],
    "no id": [["add"], /^Missing required argument 'id'/],
  };
  for (const [what, [args, says]] of Object.entries(wrong)) {
    it(`refuses ${what}`, async () => {
      const { code, out, err } = await keys(...args);
      assert.deepEqual([code, out, err.split("\n").length], [2, "", 2], err);
      assert.match(err, says);
      assert.throws(() => readFileSync(secretFile), /ENOENT/);
    });
  }
});

describe("keys list", () => {
  it("shows what each key is for and never a whole digest", async () => {
    await keys("add", "pbx-2", "--extens", "070*", "--ips", "203.0.113.7/32,::1");
    const { out } = await keys("list");
    assert.match(out, /^id +sha256 +scopes +extens +ips\npbx-1 +[0-9a-f]{8}… +all +all +all\n/);
    assert.match(out, /\npbx-2 +[0-9a-f]{8}… +all +070\* +203\.0\.113\.7\/32 ::1\n$/);
    const { json, out: text } = await keys("list", "--json");
    assert.deepEqual(json[0], { id: "pbx-1", sha256: sha256("demo-pbx-key").slice(0, 8) });
    assert.doesNotMatch(out + text, /[0-9a-f]{9}/);
  });

  it("reports that there is no key", async () => {
    writeFileSync(secretFile, "PBX_KEYS='[]'\n");
    assert.match((await keys("list")).out, /no key: every PBX is refused/);
  });
});

describe("keys revoke", () => {
  it("revokes a key", async () => {
    const { json } = await keys("add", "pbx-2", "--json");
    const { code, out } = await keys("revoke", "pbx-2");
    assert.equal(code, 0);
    assert.match(out, /^Revoked; 1 key is left\.\n/);
    assert.equal(stored().find(json.key), undefined);
    assert.equal(stored().size, 1);
  });

  it("asks for the digest when two keys share the id, and revokes that one", async () => {
    const { json: old } = await keys("add", "pbx-2", "--json");
    const { json: fresh, out } = await keys("add", "pbx-2", "--json");
    assert.ok(out.includes(fresh.key));
    const { code, err } = await keys("revoke", "pbx-2");
    assert.equal(code, 2);
    assert.ok(err.includes(`choose one with --sha256: ${old.sha256}, ${fresh.sha256}`), err);
    await keys("revoke", "pbx-2", "--sha256", old.sha256.toUpperCase());
    assert.equal(stored().find(old.key), undefined);
    assert.equal(stored().find(fresh.key)?.id, "pbx-2");
  });

  it("reports an unknown key", async () => {
    const { code, err } = await keys("revoke", "pbx-9");
    assert.deepEqual([code, err], [1, "There is no key pbx-9\n"]);
  });

  it("warns when it revokes the demo's key", async () => {
    assert.match((await keys("revoke", "pbx-1")).out, /Every PBX is refused[^]*The demo needs the demo key/);
  });
});

describe("keys on a real project", () => {
  let cloud: string;
  beforeEach(() => {
    cloud = emptyFolder();
    process.env["FAKE_FIREBASE"] = cloud;
  });
  const real = (...args: string[]) => ops(["keys", ...args, "--project", "wolley-push"]);
  const scriptFailure = (what: string) => writeFileSync(join(cloud, what), "");
  const secret = () => parsePbxKeys(readFileSync(join(cloud, "PBX_KEYS"), "utf8"));

  it("creates the first key through the Firebase CLI, and prints what to deploy", async () => {
    const { code, out, err } = await real("add", "pbx-1");
    assert.deepEqual([code, err], [0, ""]);
    const [, key = ""] = /\nkey = ([0-9a-f]{64})\n/.exec(out)!;
    assert.match(out, /\nurl_1 = https:\/\/asia-northeast3-wolley-push\.cloudfunctions\.net\/pbx\n/);
    assert.match(out, /uses it after: npm run deploy -- --only functions --project wolley-push\n$/);
    assert.deepEqual([secret().size, secret().find(key)?.id], [1, "pbx-1"]);
    const commands = readFileSync(join(cloud, "commands"), "utf8");
    assert.match(commands, /functions:secrets:set PBX_KEYS --data-file - --project wolley-push/);
    assert.ok(!commands.includes(key));
  });

  it("finds the secret after the CLI's warnings, on one line or several", async () => {
    scriptFailure("warns");
    writeFileSync(join(cloud, "PBX_KEYS"), JSON.stringify(demoKeys, undefined, 2));
    assert.deepEqual((await real("list", "--json")).json, [{ id: "pbx-1", sha256: demoKeys[0]!.sha256.slice(0, 8) }]);
    await real("add", "pbx-2");
    assert.deepEqual([secret().size, secret().find("demo-pbx-key")?.id], [2, "pbx-1"]);
  });

  it("shows the key when the CLI fails after it has stored the version", async () => {
    scriptFailure("fails-late");
    const { code, json } = await real("add", "pbx-1", "--json");
    assert.deepEqual([code, secret().find(json.key)?.id], [0, "pbx-1"]);
  });

  it("shows no key when the version was not stored, whatever the CLI prints", async () => {
    scriptFailure("loses");
    const lost = await real("add", "pbx-1");
    assert.deepEqual([lost.code, lost.out], [1, ""]);
    assert.match(lost.err, /^PBX_KEYS was not stored: [^\n]+\n$/);
    scriptFailure("refuses");
    const refused = await real("add", "pbx-1");
    assert.deepEqual([refused.code, refused.err], [1, "PBX_KEYS was not stored: HTTP Error: 403, Permission denied\n"]);
  });

  it("reports in one line that the CLI is not logged in", async () => {
    scriptFailure("logged-out");
    const { code, err } = await real("list");
    assert.equal(code, 1);
    assert.match(err, /^The Firebase CLI could not read PBX_KEYS: Failed to authenticate, [^\n]*firebase login\?\n$/);
  });

  it("passes only a project's id to the CLI", async () => {
    const { code, err } = await ops(["keys", "list", "--project", "--force"]);
    assert.equal(code, 2, err);
  });
});
