import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { after, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { createProgressBar } from "../../../admin/command/progress-bar.ts";
import { ops } from "../../admin/run-ops.ts";
import { startFunctions } from "../../support/functions.ts";
import { docIdOf, readEntries, seedDevices } from "./seed-devices.ts";

const functions = await startFunctions({ AUDIENCE_SHARDS: "4" });
after(() => functions.close());

const { services, projectId } = functions;
const { db } = services;
const command = fileURLToPath(new URL("../../../admin/ops.ts", import.meta.url));

beforeEach(async () => {
  await functions.clearDatabase();
  await seedDevices(services, 40);
});

/** Runs the command as an operator does. */
async function audience(args: string) {
  const { out, err: error, code } = await ops(["audience", ...args.split(" ")], services);
  return { out, error, code };
}

describe("npm run ops -- audience", () => {
  it("checks, and reports that nothing is wrong", async () => {
    const { out, error, code } = await audience(`check --project ${projectId}`);
    assert.equal(code, 0);
    assert.match(error, /documents compared 4\/4\n$/);
    assert.equal(out, "40 devices, 40 entries in 4 documents.\nNo differences.\n");
  });

  it("lists the faults and exits with 1; repairs them with --mend and exits with 0", async () => {
    await db.doc(`devices/${docIdOf("d-0007")}`).delete();
    const { out, code } = await audience(`check --project ${projectId}`);
    assert.equal(code, 1);
    assert.match(out, / {2}entry_without_device {2}[0-9a-f-]{36} in audience\/\d+\n39 devices, 40 entries/);
    assert.match(out, / {2}entry_without_device +1\nDifferences: 1; --mend repairs them\.\n$/);
    const mended = await audience(`check --mend --project ${projectId}`);
    assert.deepEqual([mended.code, mended.out.split("\n").at(-2)], [0, "Repaired: 1."]);
    assert.equal((await readEntries(db)).length, 39);
  });

  it("lists the faults in JSON, with the number of repairs", async () => {
    await db.doc(`devices/${docIdOf("d-0007")}`).delete();
    const { out, code } = await audience(`check --project ${projectId} --json`);
    const { found, drift, mended, devices } = JSON.parse(out);
    assert.deepEqual([code, drift, mended, devices], [1, { entry_without_device: 1 }, 0, 39]);
    assert.deepEqual([found.length, found[0].id], [1, docIdOf("d-0007")]);
    const { out: repaired } = await audience(`check --mend --json --project ${projectId}`);
    assert.equal(JSON.parse(repaired).mended, 1);
  });

  it("rebuilds, with few progress lines without a terminal", async () => {
    const { out, error, code } = await audience(`rebuild --shards 2 --project ${projectId}`);
    assert.equal(code, 0);
    assert.match(error, /^documents repacked \d+\/\d+\n/);
    assert.ok(error.split("\n").length <= 15, error);
    assert.match(out, /^40 devices, 40 entries in 2 documents\.\n/);
    assert.match(out, /Moved \d+ devices\.\n$/);
    assert.deepEqual(new Set((await readEntries(db)).map(({ shard }) => shard)), new Set(["0", "1"]));
  });

  it("answers invalid arguments with one line, and exits with 2", async () => {
    const { out, error, code } = await audience(`check --fast --project ${projectId}`);
    assert.deepEqual([code, out, error.split("\n").length], [2, "", 2]);
    assert.match(error, /--fast.*\(see --help\)\n$/);
  });

  it("reports at once that Firestore is unreachable", async () => {
    const env = { ...process.env, FIRESTORE_EMULATOR_HOST: "127.0.0.1:1" };
    const child = spawn(process.execPath, [command, "audience", "check", "--project", projectId], { env });
    const [error, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
    assert.equal(code, 1);
    assert.match(error, /^No Firestore listens at 127\.0\.0\.1:1: start the local stack[^\n]*\n$/);
  });
});

describe("its number of documents", () => {
  const check = async (project: string, ...args: string[]) =>
    (await ops(["audience", "check", "--project", project, "--json", ...args], services)).json;

  /** The result of a check with that many documents, over the 40 devices that 4 documents hold. */
  const driftIn = async (shards: string) => (await check(projectId, "--shards", shards)).drift;

  it("comes from the project's settings, or from the environment", async (t) => {
    delete process.env["AUDIENCE_SHARDS"];
    t.after(() => {
      process.env["AUDIENCE_SHARDS"] = "4";
    });
    assert.deepEqual((await check("demo-pbx-push")).drift, await driftIn("2"));
    process.env["AUDIENCE_SHARDS"] = "7";
    assert.deepEqual((await check("demo-pbx-push")).drift, await driftIn("7"));
    assert.notDeepEqual(await driftIn("2"), await driftIn("7"));
  });

  it("has no default", async (t) => {
    delete process.env["AUDIENCE_SHARDS"];
    t.after(() => {
      process.env["AUDIENCE_SHARDS"] = "4";
    });
    const { error } = await check("another");
    assert.deepEqual(error, {
      code: "wrong_usage",
      message: "Missing --shards <n>: functions/.env.another has no AUDIENCE_SHARDS",
      remedy: "npm run ops -- audience check --help",
    });
  });

  const wrong: Record<string, [args: string, says: RegExp]> = {
    "no command": ["", /^Missing command after audience: check, rebuild /],
    "two commands": ["check rebuild", /^Too many arguments/],
    "a rebuild without a number of documents": ["rebuild", /^Required option '--shards <n>' not specified/],
    "no documents at all": ["rebuild --shards 0", /1 to 10000, not 0/],
    "half a document": ["rebuild --shards 1.5", /1 to 10000, not 1\.5/],
    "too many documents": ["rebuild --shards 10001", /1 to 10000/],
    "a rebuild with --mend": ["rebuild --mend --shards 2", /^Unknown option '--mend'/],
  };
  for (const [what, [args, says]] of Object.entries(wrong)) {
    it(`is not taken from ${what}`, async () => {
      const { code, out, err } = await ops(["audience", ...args.split(" ").filter(Boolean), "--project", projectId]);
      assert.deepEqual([code, out], [2, ""]);
      assert.match(err, says);
    });
  }
});

describe("its progress bar", () => {
  function show(isTTY: boolean, total: number): string[] {
    const written: string[] = [];
    const bar = createProgressBar({ isTTY, write: (part) => written.push(part) }, "documents");
    for (let done = 1; done <= total; done += 1) bar(done, total);
    return written;
  }

  it("fills on one line of a terminal", () => {
    assert.deepEqual(show(true, 2), [
      "\r███████████████░░░░░░░░░░░░░░░ documents 1/2",
      "\r██████████████████████████████ documents 2/2\n",
    ]);
  });

  it("is about ten lines elsewhere, the last one when all is done", () => {
    const lines = show(false, 1_000);
    assert.deepEqual([lines.length, lines[0], lines.at(-1)], [10, "documents 100/1000\n", "documents 1000/1000\n"]);
  });
});
