import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { after, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { parseAudienceArguments } from "../../../admin/audience-arguments.ts";
import { createProgressBar } from "../../../admin/progress-bar.ts";
import { startFunctions } from "../../support/functions.ts";
import { readEntries, seedDevices } from "./fleet.ts";

const functions = await startFunctions({ AUDIENCE_SHARDS: "4" });
after(() => functions.close());

const { services, projectId } = functions;
const { db } = services;
const command = fileURLToPath(new URL("../../../admin/audience.ts", import.meta.url));

beforeEach(async () => {
  await functions.clearDatabase();
  await seedDevices(services, 40);
});

/** Runs the command as an operator does. */
async function audience(args: string, environment: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [command, ...args.split(" ")], { env: { ...process.env, ...environment } });
  const [out, error, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { out, error, code: code as number };
}

describe("npm run audience", () => {
  it("checks, and says that nothing is wrong", async () => {
    const { out, error, code } = await audience(`check --project ${projectId}`);
    assert.deepEqual([code, error], [0, ""]);
    assert.match(out, /documents compared 4\/4\n40 devices, 40 entries in 4 documents\.\nNothing is wrong\.\n$/);
  });

  it("lists what is wrong and exits with 1, mends it when told to and exits with 0", async () => {
    await db.doc("devices/d-0007").delete();
    const { out, code } = await audience(`check --project ${projectId}`);
    assert.equal(code, 1);
    assert.match(out, / {2}entry_without_device {2}d-0007 in audience\/\d+\n39 devices, 40 entries/);
    assert.match(out, / {2}entry_without_device +1\n1 wrong; --mend puts it right\.\n$/);
    const mended = await audience(`check --mend --project ${projectId}`);
    assert.deepEqual([mended.code, mended.out.split("\n").at(-2)], [0, "Mended 1."]);
    assert.equal((await readEntries(db)).length, 39);
  });

  it("rebuilds, with a line now and then when nobody watches", async () => {
    const { out, error, code } = await audience(`rebuild --shards 2 --project ${projectId}`);
    assert.deepEqual([code, error], [0, ""]);
    assert.match(out, /^documents repacked \d+\/\d+\n/);
    assert.ok(out.split("\n").length <= 15, out);
    assert.match(out, /40 devices, 40 entries in 2 documents\.\n/);
    assert.match(out, /Moved \d+ devices\.\n$/);
    assert.deepEqual(new Set((await readEntries(db)).map(({ shard }) => shard)), new Set(["0", "1"]));
  });

  it("answers a call that makes no sense with one line, and exits with 2", async () => {
    const { out, error, code } = await audience(`check --fast --project ${projectId}`);
    assert.deepEqual([code, out, error.split("\n").length], [2, "", 2]);
    assert.match(error, /--fast.*\(--help says more\)\n$/);
  });

  it("says at once that no Firestore is there", async () => {
    const environment = { FIRESTORE_EMULATOR_HOST: "127.0.0.1:1" };
    const { error, code } = await audience(`check --project ${projectId}`, environment);
    assert.equal(code, 1);
    assert.match(error, /^No Firestore listens at 127\.0\.0\.1:1: start the local stack[^\n]*\n$/);
  });
});

describe("its command line", () => {
  const parse = (args: string) => parseAudienceArguments(args.split(" "));

  it("is a command, a project and how many documents there are to be", () => {
    const common = { projectId: "p", shards: 128 };
    assert.deepEqual(parse("check --project p --shards 128"), { command: "check", mend: false, ...common });
    assert.deepEqual(parse("check --mend --shards 128 --project p"), { command: "check", mend: true, ...common });
    assert.deepEqual(parse("rebuild --shards=128 --project=p"), { command: "rebuild", mend: false, ...common });
    assert.deepEqual(parse("rebuild -h"), { command: "help" });
  });

  it("takes the number of documents to check from the project's settings, or from the shell", (t) => {
    delete process.env["AUDIENCE_SHARDS"];
    t.after(() => {
      process.env["AUDIENCE_SHARDS"] = "4";
    });
    assert.deepEqual(parse("check --project demo-pbx-push"), {
      command: "check",
      projectId: "demo-pbx-push",
      shards: 2,
      mend: false,
    });
    process.env["AUDIENCE_SHARDS"] = "7";
    assert.deepEqual(parse("check --project demo-pbx-push"), {
      command: "check",
      projectId: "demo-pbx-push",
      shards: 7,
      mend: false,
    });
    assert.throws(() => parse("rebuild --project demo-pbx-push"), /how many documents/);
  });

  it("guesses no number of documents", (t) => {
    delete process.env["AUDIENCE_SHARDS"];
    t.after(() => {
      process.env["AUDIENCE_SHARDS"] = "4";
    });
    assert.throws(() => parse("check --project p"), { name: "WrongUsage", message: /--shards/ });
  });

  const wrong: Record<string, [args: string, says: RegExp]> = {
    "no command": ["--project p", /check or rebuild/],
    "two commands": ["check rebuild --project p", /check or rebuild/],
    "no project": ["check --shards 2", /--project/],
    "a rebuild into nobody knows how many documents": ["rebuild --project p", /--shards/],
    "no documents at all": ["rebuild --shards 0 --project p", /1 to 10000, not 0/],
    "half a document": ["rebuild --shards 1.5 --project p", /1 to 10000, not 1\.5/],
    "too many documents": ["rebuild --shards 10001 --project p", /1 to 10000/],
    "a rebuild that mends": ["rebuild --mend --shards 2 --project p", /--mend/],
  };
  for (const [what, [args, says]] of Object.entries(wrong)) {
    it(`refuses ${what}`, () => {
      assert.throws(() => parse(args), { name: "WrongUsage", message: says });
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

  it("is ten lines or so elsewhere, the last of them when all is done", () => {
    const lines = show(false, 1_000);
    assert.deepEqual([lines.length, lines[0], lines.at(-1)], [10, "documents 100/1000\n", "documents 1000/1000\n"]);
  });
});
