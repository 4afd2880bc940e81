import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, beforeEach, describe, it, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startBackends } from "../../harness/backends.ts";
import { savePbxKey } from "../../harness/pbx-keys.ts";
import { allSettings } from "../../functions/src/config.ts";
import { startFakeGoogle } from "../admin/fake-google.ts";
import { ops } from "../admin/run-ops.ts";
import { programs, stageProject } from "./staged-project.ts";

const command = fileURLToPath(new URL("../../admin/ops.ts", import.meta.url));
const project = await stageProject();
after(() => project.remove());

const bin = join(project.folder, "bin");
const calls = join(project.folder, "calls");
const settings = join(project.functions, ".env.my-project");

const defaults = allSettings
  .filter(({ source }) => source === "file")
  .map(({ name, default: value }) => `${name}=${value}\n`)
  .join("");

beforeEach(async () => {
  await mkdir(bin, { recursive: true });
  await scriptFirebase("exit 0");
  await writeFile(calls, "");
  await writeFile(settings, defaults);
});

/** Puts a stand-in for the Firebase CLI on the path, which records its arguments. */
async function scriptFirebase(does: string): Promise<void> {
  await writeFile(join(bin, "firebase"), `#!/bin/sh\necho "$*" >> ${calls}\n${does}\n`, { mode: 0o755 });
}

/** A path without the real Firebase CLI, which npm puts there for the tests: only the stand-in may be called. */
function deployPath(): string {
  const others = process.env["PATH"]?.split(":").filter((path) => !path.endsWith("node_modules/.bin")) ?? [];
  return [bin, join(project.folder, "tools"), ...others].join(":");
}

/** Runs the command as an operator does, from the project's folder. */
async function deploy(args: string, cwd = project.folder, variables: NodeJS.ProcessEnv = {}) {
  const { PBX_PUSH_KIT, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH: deployPath(), HOME: project.folder, PBX_PUSH_KIT, NODE_COMPILE_CACHE, ...variables };
  const run = promisify(execFile)(process.execPath, [command, "deploy", ...args.split(" ").filter(Boolean)], {
    cwd,
    env,
  });
  const { code = 0, stdout, stderr } = await run.catch((error: unknown) => error as any);
  const called = (await readFile(calls, "utf8")).split("\n").filter(Boolean);
  return { code, stdout, stderr, called };
}

// Compiling takes longer than everything else: it runs once, and again only in tests about it.
const built = join(project.functions, "built");
await promisify(execFile)(join(programs, "tsc"), ["-p", ".", "--outDir", built], { cwd: project.functions });
await mkdir(join(project.folder, "tools"));
const compile = `[ -d built ] && exec cp -R built lib; exec ${process.execPath} ${join(programs, "tsc")} "$@"`;
await writeFile(join(project.folder, "tools/tsc"), `#!/bin/sh\n${compile}\n`, { mode: 0o755 });

/** Restores the real compiler for the rest of a test. */
async function useRealCompiler(t: TestContext): Promise<void> {
  await rename(built, `${built}-once`);
  t.after(() => rename(`${built}-once`, built));
}

describe("npm run deploy", () => {
  it("deploys the database, then the functions", async () => {
    const { code, stdout, called } = await deploy("--project my-project");
    assert.deepEqual(called, [
      "deploy --only firestore --project my-project",
      "deploy --only functions --project my-project",
    ]);
    assert.equal(code, 0);
    assert.match(stdout, /Deployed\. Next: npm run ops -- doctor --project my-project\n$/);
  });

  it("builds afresh: output of a deleted source file is not deployed", async (t) => {
    await useRealCompiler(t);
    await mkdir(join(project.functions, "lib"), { recursive: true });
    await writeFile(join(project.functions, "lib/gone.js"), "");
    await deploy("--project my-project --dry-run");
    await assert.rejects(readFile(join(project.functions, "lib/gone.js")), { code: "ENOENT" });
    assert.match(await readFile(join(project.functions, "lib/index.js"), "utf8"), /pbx/);
  });

  it("prints with --dry-run what it would run in the project, and runs none of it", async () => {
    const { code, stdout, called } = await deploy("--project my-project --dry-run --force");
    assert.deepEqual([code, called], [0, []]);
    assert.equal(
      stdout,
      `would run: firebase deploy --only firestore --project my-project --force
would run: firebase deploy --only functions --project my-project --force
`,
    );
  });

  it("prints one JSON document, for a deployment and for one that fails", async () => {
    await scriptFirebase("echo deploying");
    const { code, stdout } = await deploy("--project my-project --only firestore --json");
    const commands = ["firebase deploy --only firestore --project my-project"];
    assert.deepEqual([code, JSON.parse(stdout)], [0, { projectId: "my-project", dryRun: false, commands }]);
    await rm(settings);
    const refused = await deploy("--project my-project --json");
    const { error } = JSON.parse(refused.stdout);
    assert.deepEqual([refused.code, error.code, error.message], [1, "failed", "Nothing has been deployed"]);
    assert.match(error.reasons.join("\n"), /\.env\.my-project lacks these settings/);
  });

  it("deploys the database alone", async () => {
    const { called } = await deploy("--project my-project --only firestore");
    assert.deepEqual(called, ["deploy --only firestore --project my-project"]);
  });

  it("deploys the console's page alone, without building the functions", async () => {
    await rm(settings);
    const { called, stdout } = await deploy("--project my-project --only hosting");
    assert.deepEqual(called, ["deploy --only hosting --project my-project"]);
    assert.doesNotMatch(stdout, /compile/);
  });

  it("warns of changes that are not in git", async () => {
    assert.match((await deploy("--project my-project --dry-run")).stderr, /^Warning: not a git checkout\n/);
    const git = (...args: string[]) => promisify(execFile)("git", args, { cwd: project.folder });
    await git("init", "--quiet");
    const { stderr, code } = await deploy("--project my-project --dry-run");
    await rm(join(project.folder, ".git"), { recursive: true });
    assert.match(stderr, /^Warning: uncommitted changes:\n.*firebase\.json/s);
    assert.equal(code, 0);
  });
});

describe("a deployment into a project that is in use", () => {
  /** The project's backends, without a document, and a deployment into it. */
  async function startProject(t: TestContext) {
    const backends = await startBackends("my-project");
    t.after(() => backends.close());
    const { db, environment } = backends;
    const tryIt = async (args = "") => deploy(`--project my-project ${args}`, project.folder, environment);
    return { db, tryIt };
  }

  it("is recorded: that it was begun, done, or failed half way", async (t) => {
    const { db, tryIt } = await startProject(t);
    const audit = async () => {
      const records = (await db.collection("audit").get()).docs.map((one) => one.data());
      return records.map(({ what, subject, outcome }) => `${what} ${subject.only} ${outcome}`).toSorted();
    };
    const { code, stderr } = await tryIt();
    assert.equal(code, 0);
    assert.deepEqual(await audit(), ["deploy all done"]);
    assert.doesNotMatch(stderr, /ops audit/);
    await tryIt("--dry-run");
    assert.equal((await audit()).length, 1);
    await scriptFirebase('case "$*" in *functions*) exit 2;; esac');
    assert.match((await tryIt()).stderr, /firebase deploy --only functions --project my-project exited with 2\n$/);
    assert.deepEqual(await audit(), ["deploy all done", "deploy all failed"]);
  });

  it("is refused while no PBX has a key: each would get 401", async (t) => {
    const { db, tryIt } = await startProject(t);
    assert.equal((await tryIt()).called.length, 2);
    await db.doc("lines/1001").set({ uid: "alice" });
    await writeFile(calls, "");
    for (const args of ["", "--only functions", "--dry-run"]) {
      const { code, called, stderr } = await tryIt(args);
      assert.deepEqual([code, called], [1, []]);
      assert.match(stderr, /has lines but no PBX key.*\nNothing has been deployed\n$/s);
    }
    assert.equal((await tryIt("--only firestore")).code, 0);
    await savePbxKey(db, "a-key");
    assert.equal((await tryIt("--only functions")).code, 0);
  });
});

describe("a deployment that fails", () => {
  it("does not deploy the functions when the database could not be deployed", async () => {
    await scriptFirebase('case "$*" in *firestore*) exit 2;; esac');
    const { code, stderr, called } = await deploy("--project my-project");
    assert.deepEqual([code, called.length], [1, 1]);
    assert.match(stderr, /firebase deploy --only firestore --project my-project exited with 2\n$/);
  });

  it("reports that the Firebase CLI was killed, or is missing", async () => {
    await scriptFirebase("kill -9 $$");
    assert.match((await deploy("--project my-project")).stderr, /exited with SIGKILL\n$/);
    await rm(join(bin, "firebase"));
    const { code, stderr } = await deploy("--project my-project");
    assert.equal(code, 1);
    assert.match(stderr, /firebase cannot be started: run npm install first\n$/);
  });
});

describe("code that is broken", () => {
  it("is not deployed when it does not compile", async (t) => {
    await useRealCompiler(t);
    await spoil(t, join(project.functions, "src/clock.ts"), "const port: number = 'x';");
    const { code, stderr, called } = await deploy("--project my-project");
    assert.deepEqual([code, called], [1, []]);
    assert.match(stderr, /npm run .*compile.* exited with/);
  });

  it("is not deployed when it does not load", async (t) => {
    await spoil(t, join(built, "clock.js"), "throw new Error('the fault');");
    const { code, stderr, called } = await deploy("--project my-project");
    assert.deepEqual([code, called], [1, []]);
    assert.match(stderr, /The built functions do not load: .*the fault/);
  });

  async function spoil(t: TestContext, file: string, fault: string): Promise<void> {
    const sound = await readFile(file, "utf8");
    t.after(() => writeFile(file, sound));
    await writeFile(file, `${sound}\n${fault}\n`);
  }
});

describe("its settings", () => {
  it("are all asked for when there are none, with their defaults", async () => {
    await rm(settings);
    const { code, stderr, called } = await deploy("--project my-project");
    assert.deepEqual([code, called], [1, []]);
    assert.match(stderr, /\.env\.my-project lacks.*\n {4}AUDIENCE_SHARDS=64\n.*TRUNK_CONTEXT_PREFIX="trk"\n/s);
    assert.match(stderr, /Nothing has been deployed\n$/);
  });

  it("are refused when one is missing, misspelt or wrong, an emulator's address, or a secret", async () => {
    const missing = defaults.replace("TRUSTED_PROXIES=1\n", "").replace("SHARDS=64", "SHARDS=many");
    const strange = "AUDIENCE_SHARD=9\nFCM_EMULATOR_HOST=127.0.0.1:9190\nPBX_KEYS=[]\n";
    await writeFile(settings, missing + strange);
    const { code, stderr, called } = await deploy("--project my-project");
    assert.deepEqual([code, called], [1, []]);
    assert.match(stderr, /^- .* lacks these settings.*\n {4}TRUSTED_PROXIES=1\n- /m);
    assert.match(stderr, /^- .* has unknown settings: AUDIENCE_SHARD, FCM_EMULATOR_HOST, PBX_KEYS$/m);
    assert.match(stderr, /^- .*: AUDIENCE_SHARDS: must be a whole number/m);
  });

  it("of APNs stop it, too, though the functions would run without them", async () => {
    const wrong = defaults.replace("APNS_KEY_ID=\n", "APNS_KEY_ID=abc\n");
    await writeFile(settings, wrong.replace("APNS_TOPICS=\n", "APNS_TOPICS=com.example.app\n"));
    const { code, stderr, called } = await deploy("--project my-project");
    assert.deepEqual([code, called], [1, []]);
    assert.match(stderr, /^- .*: APNS_KEY_ID: must be 10 of A-Z 0-9, or empty$/m);
    assert.match(stderr, /^- .*: APNS_TOPICS: must be bundle ids with \.voip, separated by commas/m);
    await writeFile(settings, defaults.replace("APNS_TOPICS=\n", "APNS_TOPICS=com.example.app.voip\n"));
    const alone = await deploy("--project my-project");
    assert.equal(alone.code, 1);
    for (const name of ["APNS_KEY_ID", "APNS_TEAM_ID"]) {
      assert.match(alone.stderr, new RegExp(`^- .*: ${name}: must be set with the other settings of APNs$`, "m"));
    }
  });
});

describe("its secrets", () => {
  it("are not asked for in a file, and are refused there without being shown", async () => {
    await writeFile(settings, `${defaults}APNS_KEY="-----BEGIN PRIVATE KEY-----\nMIGHAgEA"\n`);
    const { code, stderr, called } = await deploy("--project my-project");
    assert.deepEqual([code, called], [1, []]);
    const set = "npx firebase functions:secrets:set APNS_KEY --project my-project";
    assert.match(
      stderr,
      /^- functions\/\.env\.my-project: APNS_KEY is a secret, and .* plain text: delete it here, then /m,
    );
    assert.ok(stderr.includes(set), stderr);
    assert.doesNotMatch(stderr, /lacks|unknown settings|MIGHAgEA|BEGIN/);
  });

  it("may be unreadable from here: the Firebase CLI asks for them, too", async () => {
    const { code, stderr } = await deploy("--project my-project");
    assert.equal(code, 0);
    assert.match(stderr, /^Warning: the secrets could not be checked: No credentials for Google Cloud/m);
  });

  describe("in Secret Manager", () => {
    let google: Awaited<ReturnType<typeof startFakeGoogle>>;
    before(async () => {
      google = await startFakeGoogle();
    });
    after(() => google.close());

    /** Runs the command in this process, where Secret Manager can be another one. */
    async function deployThere(...args: string[]) {
      const folder = process.cwd();
      const { PATH } = process.env;
      const { projectId } = google;
      await writeFile(join(project.functions, `.env.${projectId}`), defaults);
      process.chdir(project.folder);
      process.env["PATH"] = deployPath();
      try {
        const given = ["deploy", "--json", "--project", projectId, ...args];
        const ran = await ops(given, undefined, { openGoogleApi: google.api });
        return { ...ran, called: (await readFile(calls, "utf8")).split("\n").filter(Boolean) };
      } finally {
        process.chdir(folder);
        process.env["PATH"] = PATH;
      }
    }

    it("must have a value: the CLI would ask for one, or fail half way", async () => {
      google.replace("/versions/latest", undefined);
      const { code, json, called } = await deployThere();
      assert.deepEqual([code, called], [1, []]);
      const [reason] = json.error.reasons;
      const set = "npx firebase functions:secrets:set APNS_KEY --project wolley-push";
      assert.ok(reason.startsWith(`the secret APNS_KEY has no value in wolley-push: ${set}\n`), reason);
      assert.ok(reason.endsWith(`none without iPhones: echo none | ${set} --data-file -`), reason);
      assert.equal((await deployThere("--only", "firestore")).code, 0);
    });

    it("must have a latest version that is enabled", async () => {
      google.restore();
      google.resource("/versions/latest").state = "DISABLED";
      const { code, json, called } = await deployThere();
      assert.deepEqual([code, called], [1, []]);
      assert.match(
        json.error.reasons[0],
        /^the secret APNS_KEY has a latest version that is DISABLED in wolley-push: /,
      );
    });

    it("are deployed with the functions, and never read", async () => {
      google.restore();
      google.replace("/versions/2:access", new Error("not for a deployment"));
      const { code, err, called } = await deployThere();
      assert.deepEqual([code, called.length], [0, 2]);
      assert.doesNotMatch(err, /secret/);
    });
  });
});

describe("its command line", () => {
  for (const args of [
    "--project",
    "--project My_Project",
    "--project demo-pbx-push",
    "--project my-project --only storage",
    "my-project",
    "--yes",
  ]) {
    it(`is refused: ${JSON.stringify(args)}`, async () => {
      const { code, err } = await ops(["deploy", ...args.split(" ")]);
      assert.equal(code, 2);
      assert.match(err, /^[^\n]+\(see --help\)\n$/);
    });
  }

  it("must name a project, and not the local stack's", async () => {
    const { code, stderr, called } = await deploy("--project demo-pbx-push");
    assert.deepEqual([code, called], [2, []]);
    assert.match(stderr, /^demo-pbx-push is the local stack's, which needs no deployment: npm start /);
  });

  it("is refused for a function kit", async (t) => {
    process.env["PBX_PUSH_KIT"] = "/elsewhere/config-office";
    t.after(() => delete process.env["PBX_PUSH_KIT"]);
    const { code, stderr, called } = await deploy("--project my-project");
    assert.deepEqual([code, called], [1, []]);
    assert.match(stderr, /PBX_PUSH_KIT is set .*: deploy the kit from its own project's folder\n/);
  });

  it("must be run in the folder of firebase.json", async () => {
    const { code, stderr } = await deploy("--project my-project", bin);
    assert.equal(code, 1);
    assert.match(stderr, /firebase\.json, .* not found: run this in the folder of firebase\.json\n/);
  });

  it("has a help text", async () => {
    const { code, out } = await ops(["deploy", "--help"]);
    assert.equal(code, 0);
    assert.match(out, /--dry-run/);
  });
});
