import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ops } from "../admin/run-ops.ts";
import { readMonitoringFiles } from "./monitoring-files.ts";

const command = fileURLToPath(new URL("../../admin/ops.ts", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "pbx-push-ops-"));
const calls = join(folder, "calls");
after(() => rm(folder, { recursive: true }));
beforeEach(() => writeFile(calls, ""));

/** Puts a stand-in for gcloud on the path, which records its arguments. */
async function scriptGcloud(does: string): Promise<void> {
  await writeFile(join(folder, "gcloud"), `#!/bin/sh\necho "$*" >> ${calls}\n${does}\n`, { mode: 0o755 });
}

async function apply(args: string) {
  const { NODE_COMPILE_CACHE } = process.env;
  const env = { PATH: folder, HOME: folder, NODE_COMPILE_CACHE };
  const run = promisify(execFile)(
    process.execPath,
    [command, "monitoring", "apply", ...args.split(" ").filter(Boolean)],
    { env },
  );
  const { code = 0, stdout, stderr } = await run.catch((error: unknown) => error as any);
  return { code, stdout, stderr, called: (await readFile(calls, "utf8")).split("\n").filter(Boolean) };
}

const empty = `case "$*" in *describe*) echo "ERROR: NOT_FOUND" >&2; exit 1;; *list*) echo "[]";; esac`;

describe("npm run ops -- monitoring apply", async () => {
  const [metrics, policies] = await Promise.all([readMonitoringFiles("metrics"), readMonitoringFiles("policies")]);

  it("creates everything in an empty project, the metrics first", async () => {
    await scriptGcloud(empty);
    const { code, called, stderr } = await apply("--project my-project --channel c-1 --channel c-2");
    assert.deepEqual([code, stderr], [0, ""]);
    const created = called.filter((call) => call.includes(" create "));
    assert.equal(created.length, metrics.size + policies.size + 1);
    assert.ok(created.slice(0, metrics.size).every((call) => call.startsWith("logging metrics create pbx_push_")));
    const breaker = created.find((call) => call.includes("breaker.json") && call.startsWith("alpha"));
    assert.match(breaker!, /--policy-from-file=\S+breaker\.json --notification-channels=c-1,c-2 --project=my-project/);
    assert.match(created.at(-1)!, /^monitoring dashboards create --config-from-file=\S+pbx-push\.json/);
    for (const call of called) assert.match(call, /--project=my-project/);
  });

  it("updates what exists, and keeps the channels that an operator has chosen", async () => {
    const policy = {
      name: "projects/p/alertPolicies/7",
      userLabels: { "pbx-push": "breaker" },
      notificationChannels: ["c-9"],
    };
    const dashboard = { name: "projects/1/dashboards/d", displayName: "pbx-push", etag: "abc" };
    await scriptGcloud(
      `case "$*" in *policies\\ list*) echo '${JSON.stringify([policy])}';; *dashboards\\ list*) echo '${JSON.stringify([dashboard])}';; esac`,
    );
    const { code, called } = await apply("--project my-project");
    assert.equal(code, 0);
    assert.equal(called.filter((call) => call.startsWith("logging metrics update")).length, metrics.size);
    assert.equal(
      called.filter((call) => call.startsWith("alpha monitoring policies create")).length,
      policies.size - 1,
    );
    const update = called.find((call) => call.startsWith("alpha monitoring policies update"));
    assert.match(update!, /update projects\/p\/alertPolicies\/7 \S+breaker\.json --set-notification-channels=c-9 /);
    assert.match(called.at(-1)!, /^monitoring dashboards update projects\/1\/dashboards\/d .*"etag":"abc"/);
  });

  it("stops when gcloud fails, with gcloud's message", async () => {
    await scriptGcloud('echo "ERROR: (gcloud) PERMISSION_DENIED: ask somebody" >&2; exit 1');
    const { code, stderr, called } = await apply("--project my-project");
    assert.deepEqual([code, called.length], [1, 1]);
    assert.match(stderr, /PERMISSION_DENIED: ask somebody\n$/);
  });

  it("reports that gcloud is missing", async () => {
    await rm(join(folder, "gcloud"));
    const { code, stderr } = await apply("--project my-project");
    assert.equal(code, 1);
    assert.match(stderr, /^gcloud cannot be started: install it/);
  });

  it("prints with --dry-run what it would apply, and calls nothing", async () => {
    await scriptGcloud("exit 1");
    const { code, stdout, called } = await apply("--project my-project --dry-run");
    assert.deepEqual([code, called], [0, []]);
    assert.match(stdout, /^would apply to my-project:\n {2}pbx_push_breaker\.json\n/);
  });

  it("prints what it has applied as one JSON document", async () => {
    await scriptGcloud(empty);
    const { code, stdout } = await apply("--project my-project --json");
    const { files, ...applied } = JSON.parse(stdout);
    assert.deepEqual([code, applied], [0, { projectId: "my-project", dryRun: false }]);
    assert.equal(files.length, metrics.size + policies.size + 1);
  });

  for (const args of ["--channel", "--project demo-pbx-push", "--project p extra"]) {
    it(`is refused: ${JSON.stringify(args)}`, async () => {
      const { code, err } = await ops(["monitoring", "apply", ...args.split(" ")]);
      assert.equal(code, 2);
      assert.match(err, /^[^\n]+\(see --help\)\n$/);
    });
  }
});
