import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ops } from "./run-ops.ts";

// The local stack does not run.
process.env["FIRESTORE_EMULATOR_HOST"] = "127.0.0.1:1";

describe("every command of npm run ops", () => {
  const commands = [
    "keys add pbx-9",
    "keys list",
    "keys rotate pbx-9",
    "keys revoke pbx-9",
    "keys import x.json",
    "lines assign 0701 alice",
    "lines list",
    "lines import x.csv",
    "lines unassign 0701",
    "users erase alice",
    "devices list",
    "devices forget phone-1",
    "calls tail",
    "calls why 1763712000.17",
    "stats",
    "send phone-1",
    "pushes failed",
    "pushes resend pbx-1~a",
    "campaign run saveLocation",
    "campaign disable saveLocation",
    "campaign enable saveLocation",
    "campaign status",
    "audit",
    "audience check",
    "audience rebuild --shards 2",
    "deploy",
    "doctor",
    "monitoring apply",
  ].map((line) => line.split(" "));
  const readError = (stdout: string) => {
    assert.equal(stdout.trimEnd().split("\n").length, 1, stdout);
    return JSON.parse(stdout).error;
  };

  it("is in this list", async () => {
    const listed = new Set(commands.map(([group, name]) => `${group} ${name}`));
    for (const group of new Set(commands.map(([name]) => name!))) {
      const { out } = await ops([group, "--help"]);
      const names = [...(out.split("Commands:\n")[1] ?? "").matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name);
      for (const name of names) assert.ok(listed.has(`${group} ${name}`), `${group} ${name}`);
    }
  });

  for (const command of commands) {
    it(`asks for a project, in JSON with --json: ${command.join(" ")}`, async () => {
      const said = await ops(command);
      assert.deepEqual([said.code, said.out], [2, ""]);
      assert.match(said.err, /^Missing --project <id>: /);
      const { code, out, err } = await ops([...command, "--json"]);
      assert.deepEqual([code, err], [2, ""]);
      assert.equal(`${readError(out).message} (see --help)\n`, said.err);
      assert.equal(readError(out).code, "wrong_usage");
    });

    it(`reports a wrong command line in JSON: ${command.join(" ")}`, async () => {
      for (const args of [
        [...command, "--nonsense", "--json"],
        ["--json", ...command, "--project", "X"],
      ]) {
        const { code, out, err } = await ops(args);
        assert.deepEqual([code, err, readError(out).code], [2, "", "wrong_usage"], args.join(" "));
      }
    });
  }
});
