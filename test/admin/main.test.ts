import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startFunctions } from "../support/functions.ts";
import { until } from "../support/until.ts";
import { emptyFolder } from "./run-ops.ts";

const functions = await startFunctions();
before(() => functions.clearDatabase());
after(() => functions.close());

const main = fileURLToPath(new URL("../../admin/ops.ts", import.meta.url));

/** Runs the command as a shell does. */
async function run(args: readonly string[], environment: NodeJS.ProcessEnv = process.env) {
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, [main, ...args], { env: environment })) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

describe("npm run ops", () => {
  it("uses the local stack where that runs, and closes its connections when it is done", async () => {
    assert.equal(
      (await run(["lines", "assign", "0701", "alice"])).stdout,
      "0701 now rings the phones of alice@example.com.\n",
    );
    assert.equal((await functions.services.db.doc("lines/0701").get()).get("uid"), "alice");
  });

  it("follows calls until Ctrl-C, and exits with 0", async () => {
    const child = spawn(process.execPath, [main, "calls", "tail"], { stdio: ["ignore", "ignore", "pipe"] });
    const ended = Promise.all([text(child.stderr), once(child, "exit")]);
    await Promise.race([until(() => functions.listeners() === 1), ended]);
    child.kill("SIGINT");
    assert.deepEqual(await ended, ["", [0, null]]);
  });

  it("reports missing credentials in one line", async () => {
    const { PATH, METADATA_SERVER_DETECTION } = process.env;
    const nobody = { PATH, METADATA_SERVER_DETECTION, HOME: emptyFolder() };
    for (const args of [["lines", "list"], ["doctor"]]) {
      const { code, stdout, stderr } = await run([...args, "--project", "wolley-push"], nobody);
      assert.deepEqual([code, stdout], [1, ""]);
      assert.equal(stderr, "No credentials for Google Cloud: run gcloud auth application-default login\n");
      const json = await run([...args, "--project", "wolley-push", "--json"], nobody);
      assert.deepEqual([json.code, json.stderr], [1, ""]);
      const remedy = "run gcloud auth application-default login";
      assert.deepEqual(JSON.parse(json.stdout).error, {
        code: "failed",
        message: "No credentials for Google Cloud",
        remedy,
      });
    }
  });

  it("asks for a project when no stack runs, and for a command", async () => {
    const nowhere = { ...process.env, FIRESTORE_EMULATOR_HOST: "127.0.0.1:1" };
    const { code, stderr } = await run(["lines", "list"], nowhere);
    assert.equal(code, 2);
    assert.match(stderr, /^Missing --project <id>: the default, the local stack, [^\n]+\(see --help\)\n$/);
    const idle = await run([]);
    assert.equal(idle.code, 2);
    assert.match(idle.stderr, /^Missing command\.\n[^]*keys[^]*lines[^]*devices[^]*calls[^]*send[^]*doctor/);
  });

  it("says what is wrong with the setting of the local stack's ports", async () => {
    const { code, stderr } = await run(["lines", "list"], { ...process.env, PBX_PUSH_PORT_OFFSET: "many" });
    assert.equal(code, 1);
    assert.match(stderr, /^PBX_PUSH_PORT_OFFSET must be a whole number from 0 to \d+, not "many"\n$/);
    const json = await run(["lines", "list", "--json"], { ...process.env, PBX_PUSH_PORT_OFFSET: "many" });
    assert.deepEqual([json.code, json.stderr], [1, ""]);
    assert.deepEqual(JSON.parse(json.stdout), { error: { code: "failed", message: stderr.trimEnd() } });
  });

  it("lists its commands, one a line", async () => {
    const { stdout } = await run(["--help"]);
    const [, ...groups] = stdout.split(/\n\n(?=[^\n]+:\n)/).slice(1);
    const listed = groups.map((group) => group.trimEnd().split("\n").slice(1));
    assert.deepEqual(
      listed.map((lines) => lines.map((line) => line.trim().split(" ")[0])),
      [
        ["keys", "lines", "users", "devices"],
        ["calls", "stats", "send", "pushes", "campaign", "audience"],
        ["deploy", "doctor", "operators", "audit", "monitoring"],
      ],
    );
    for (const line of listed.flat()) assert.match(line, /^ {2}\w+.* {2}\w.{10,}$/);
  });

  it("reports failures and missing arguments in JSON", async () => {
    const failed = await run(["lines", "unassign", "0799", "--json"]);
    assert.deepEqual([failed.code, failed.stderr], [1, ""]);
    assert.deepEqual(JSON.parse(failed.stdout), { error: { code: "failed", message: "0799 is not assigned" } });
    const missing = await run(["keys", "--json"]);
    assert.deepEqual([missing.code, missing.stderr], [2, ""]);
    assert.deepEqual(JSON.parse(missing.stdout), {
      error: {
        code: "wrong_usage",
        message: "Missing command after keys: add, list, rotate, revoke, import",
        remedy: "npm run ops -- keys --help",
      },
    });
    const bare = await run(["lines"]);
    assert.deepEqual([bare.code, bare.stdout], [2, ""]);
    assert.equal(bare.stderr, "Missing command after lines: assign, list, import, unassign (see --help)\n");
  });

  it("takes --project and --json before the command's name, too", async () => {
    const { stdout } = await run(["--json", "--project", functions.projectId, "lines", "list"]);
    assert.ok(Array.isArray(JSON.parse(stdout)));
  });
});
