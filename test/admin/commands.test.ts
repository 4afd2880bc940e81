import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { listEveryCommand, type AnyCommand } from "./every-command.ts";
import { ops } from "./run-ops.ts";

const nowhere = "127.0.0.1:1";
// The local stack does not run.
process.env["FIRESTORE_EMULATOR_HOST"] = nowhere;
// Else audience check asks for a number first.
process.env["AUDIENCE_SHARDS"] = "2";

const commands = listEveryCommand();

/** The error that a command printed as JSON: one object in one line, and nothing else anywhere. */
async function readError(args: readonly string[], context = {}) {
  const { code, out, err } = await ops(args, undefined, context);
  assert.equal(err, "", args.join(" "));
  assert.equal(out.trimEnd().split("\n").length, 1, out);
  const { error, ...rest } = JSON.parse(out);
  assert.deepEqual(rest, {});
  assert.equal(code, error.code === "wrong_usage" ? 2 : 1, out);
  assert.ok(["wrong_usage", "failed"].includes(error.code), out);
  assert.match(error.message, /^\S[^]*[^.\s]$/);
  return error;
}

/** The projects that a command asked for until it was refused; a command for the cloud refuses the local stack by name. */
async function findProjects(args: readonly string[]): Promise<readonly string[]> {
  const asked: string[] = [];
  const connect = async (projectId: string) => {
    asked.push(projectId);
    throw new Error("There are no services in this test");
  };
  const { code, message } = await readError(args, { connect });
  if (code === "failed") assert.equal(message, "There are no services in this test");
  return asked.length > 0 ? asked : [/^(\S+) is the local stack's/.exec(message)?.[1] ?? message];
}

/** Command lines of a command that are wrong, by what is wrong. */
function listMistakes({ path, args, command }: AnyCommand): readonly (readonly string[])[] {
  const takes = command.registeredArguments;
  return [
    [...args, "--nonsense"],
    [...args, "--project", "X"],
    [...args, "--project="],
    ...(takes.some(({ required }) => required) ? [path] : []),
    ...(takes.some(({ variadic }) => variadic) ? [] : [[...args, ...takes.map(() => "more"), "more"]]),
    ...takes.flatMap(({ argChoices }) => (argChoices === undefined ? [] : [[...path, "nonsense"]])),
    ...command.options.filter(({ required }) => required).map(({ long }) => [...args, long!]),
    ...command.options.filter(({ argChoices }) => argChoices).map(({ long }) => [...args, long!, "nonsense"]),
    ...command.options.filter(({ mandatory }) => mandatory).map(({ long }) => args.slice(0, args.indexOf(long!))),
  ];
}

describe("every command of npm run ops", () => {
  it("is found", () => {
    const groups = new Set(commands.map(({ path }) => path[0]));
    for (const group of "keys lines users devices calls send pushes campaign audience deploy doctor audit".split(" ")) {
      assert.ok(groups.has(group), group);
    }
    assert.ok(commands.length > 27);
  });

  for (const one of commands) {
    const name = one.path.join(" ");

    it(`${name}: asks for a project where no stack runs, in JSON with --json`, async () => {
      const said = await ops(one.args);
      assert.deepEqual([said.code, said.out], [2, ""]);
      assert.match(said.err, /^Missing --project <id>: /);
      const { code, message } = await readError([...one.args, "--json"]);
      assert.equal(code, "wrong_usage");
      assert.equal(`${message} (see --help)\n`, said.err);
    });

    it(`${name}: reports a wrong command line in JSON, and how to see the right one`, async () => {
      for (const args of listMistakes(one)) {
        const { code, remedy } = await readError(["--json", ...args]);
        assert.deepEqual([code, remedy], ["wrong_usage", `npm run ops -- ${name} --help`], args.join(" "));
      }
    });

    it(`${name}: takes --project in any place`, async () => {
      for (const args of [
        [...one.args, "--project", "demo-other", "--json"],
        ["--json", "--project", "demo-other", ...one.args],
        [...one.args, "--json", "--project=demo-other"],
      ]) {
        assert.deepEqual(await findProjects(args), ["demo-other"], args.join(" "));
      }
    });

    it(`${name}: is for the local stack by default`, async (t) => {
      const stack = createServer().listen(0, "127.0.0.1");
      await once(stack, "listening");
      t.after(() => {
        stack.close();
        process.env["FIRESTORE_EMULATOR_HOST"] = nowhere;
        delete process.env["GCLOUD_PROJECT"];
      });
      process.env["FIRESTORE_EMULATOR_HOST"] = `127.0.0.1:${(stack.address() as AddressInfo).port}`;
      process.env["GCLOUD_PROJECT"] = "demo-running";
      assert.deepEqual(await findProjects([...one.args, "--json"]), ["demo-running"]);
    });

    it(`${name}: has a help with both`, async () => {
      const { code, out, err } = await ops([...one.path, "--help"]);
      assert.deepEqual([code, err], [0, ""]);
      assert.match(out, /\n {2}--project <id> [^]*\n {2}--json /);
    });
  }

  for (const { path, args } of commands.filter(({ command }) => command.options.some(({ long }) => long === "--csv"))) {
    it(`${path.join(" ")}: prints CSV or JSON, not both`, async () => {
      const { message } = await readError([...args, "--csv", "--json", "--project", "demo-other"]);
      assert.equal(message, "Give --json or --csv, not both");
    });
  }
});
