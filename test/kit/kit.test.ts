import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { pbxUrl } from "../../admin/project/pbx-url.ts";
import { allSettings } from "../../functions/src/config.ts";
import { startBackends } from "../../harness/backends.ts";
import { savePbxKey } from "../../harness/pbx-keys.ts";
import { findFreePort } from "../../local/sockets.ts";
import { programs } from "../deploy/staged-project.ts";
import { demoKey } from "../support/functions.ts";
import { cliEnvironment, createProject, packKit, type OutsideProject, type PackedKit } from "./packed-kit.ts";

const projectId = "demo-kit";
const region = "europe-west3";

let kit: PackedKit;
let project: OutsideProject;
before(async () => {
  [kit, project] = await Promise.all([packKit(), createProject()]);
});
after(async () => {
  await Promise.all([kit.remove(), project.remove()]);
});

describe("the functions, packed", () => {
  let files: readonly string[];
  const source = () => join(project.folder, "acme");
  before(async () => {
    await mkdir(source());
    await promisify(execFile)("tar", ["-xzf", kit.tarball, "--strip-components=1", "-C", source()]);
    files = (await readdir(source(), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(source().length + 1));
  });

  it("contain built code with types, locked dependencies, rules, indexes, README and licence", () => {
    const more = files.filter((name) => !/^lib\/.*\.(?:js|d\.ts)$/.test(name)).toSorted();
    assert.deepEqual(more, [
      "LICENSE",
      "README.md",
      "firestore.indexes.json",
      "firestore.rules",
      "npm-shrinkwrap.json",
      "package.json",
    ]);
    const modules = files.filter((name) => name.endsWith(".js"));
    assert.ok(modules.length > 100);
    for (const name of modules) assert.ok(files.includes(name.replace(/js$/, "d.ts")), name);
  });

  it("leave only the build in their folder", () => {
    const sources = [
      ".npmrc",
      "README.md",
      "node_modules",
      "package-lock.json",
      "package.json",
      "src",
      "tsconfig.json",
    ];
    assert.deepEqual(kit.left.trim().split("\n").toSorted(), [...sources, "lib"].toSorted());
  });

  it("have a version, and no script that npm or the Firebase CLI runs on installation", async () => {
    const { version } = JSON.parse(await readFile(join(import.meta.dirname, "../../package.json"), "utf8"));
    assert.equal(kit.packageJson.version, version);
    assert.deepEqual(Object.keys(kit.packageJson.scripts).toSorted(), ["compile", "postpack", "prepack"]);
  });

  it("lock every dependency by digest, for production only, independent of the registry", async () => {
    const { version, packages } = JSON.parse(await readFile(join(source(), "npm-shrinkwrap.json"), "utf8"));
    assert.equal(version, kit.packageJson.version);
    const entries = Object.entries<any>(packages).filter(([path]) => path !== "");
    assert.ok(entries.length > 200);
    for (const [path, { integrity, resolved, dev }] of entries) {
      assert.match(integrity, /^sha512-/, path);
      assert.deepEqual([resolved, dev], [undefined, undefined], path);
    }
  });
});

describe("the kit, installed in an empty project", { timeout: 480_000 }, () => {
  const closing: (() => Promise<void>)[] = [];
  let base: string;
  let installing: string;
  before(async () => {
    const install = ["functions:kits:install", "--directory", "acme", "--no-configure", "--project", projectId];
    installing = await project.firebase([...install, "--non-interactive"]);
    const [{ instances }] = (await project.readConfig()).functions;
    process.env["PBX_PUSH_KIT"] = join(project.folder, instances.acme);
    const file = allSettings.filter(({ source }) => source === "file");
    const settings = file.map(({ name, default: value }) => `${name}=${JSON.stringify(value)}\n`).join("");
    const house = settings.replace(/(?<=^FUNCTION_DEFAULT_REGION=).*/m, region);
    await writeFile(join(process.env["PBX_PUSH_KIT"], `.env.${projectId}`), house);
    const backends = await startBackends(projectId);
    closing.push(() => backends.close());
    await savePbxKey(backends.db, demoKey);
    const emulator = await startFunctionsEmulator(project, backends.environment);
    closing.push(emulator.stop);
    // The operators' commands expect the API there, except for the port: theirs is the local stack's.
    base = pbxUrl(projectId).replace(/:\d+/, `:${emulator.port}`);
  });
  after(async () => {
    delete process.env["PBX_PUSH_KIT"];
    for (const close of closing) await close();
  });

  const ask = async (path: string, init: RequestInit = {}) => {
    const headers = { authorization: `Bearer ${demoKey}`, "content-type": "application/json" };
    const response = await fetch(`${base}${path}`, { headers, ...init });
    return { status: response.status, body: (await response.json()) as any };
  };

  it("lists the functions that a deployment will create", async () => {
    const exported = Object.keys(await import("../../functions/src/index.ts")).toSorted();
    const named = [...installing.matchAll(/^- kit-acme-(\w+)$/gm)].map(([, name]) => name);
    assert.deepEqual(named, exported);
  });

  it("answers /health in the region of its settings, at the address that the operators' commands use", async () => {
    assert.match(base, /^http:\/\/127\.0\.0\.1:\d+\/demo-kit\/europe-west3\/kit-acme-pbx$/);
    const { status, body } = await ask("/health");
    assert.deepEqual([status, body.status], [200, "healthy"]);
  });

  it("accepts a stored key, and raw bodies", async () => {
    const unknown = { authorization: "Bearer another" };
    assert.equal((await ask("/calls", { method: "POST", headers: unknown })).status, 401);
    // The framework itself would answer a broken body in HTML.
    const broken = await ask("/calls", { method: "POST", body: "{" });
    assert.deepEqual([broken.status, broken.body.error.code], [400, "invalid_json"]);
  });

  it("has callables under its names, which refuse requests without a login", async () => {
    const url = base.replace(/pbx$/, "reportCall");
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: `{"data":{}}`,
    });
    const { error } = (await response.json()) as any;
    assert.deepEqual([response.status, error.status], [401, "UNAUTHENTICATED"]);
  });
});

/** Starts the Functions emulator, as `firebase emulators:start` in the project's folder does; resolves when it is ready. */
async function startFunctionsEmulator(outside: OutsideProject, servers: Readonly<Record<string, string>>) {
  const names = ["functions", "hub", "logging", "eventarc", "tasks"];
  const ports = new Set<number>();
  while (ports.size < names.length) ports.add(await findFreePort());
  const emulators = Object.fromEntries([...ports].map((port, index) => [names[index]!, { port }]));
  await outside.configure({ emulators: { ...emulators, ui: { enabled: false } } });
  const processGroup = join(import.meta.dirname, "../../local/stack/process-group.ts");
  const command = [
    processGroup,
    join(programs, "firebase"),
    "emulators:start",
    "--only",
    "functions",
    "--project",
    projectId,
  ];
  // Nothing in this test may reach FCM.
  const env = { ...cliEnvironment, ...servers, FCM_EMULATOR_HOST: "127.0.0.1:1" };
  const child = spawn(process.execPath, command, { cwd: outside.folder, env, stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const printed: string[] = [];
  const ready = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    printed.push(line);
    if (line.includes("All emulators ready")) ready.resolve();
  });
  const ended = exited.then(() => assert.fail(`The emulator has exited:\n${printed.join("\n")}`));
  ended.catch(() => undefined);
  await Promise.race([ready.promise, ended]);
  const stop = async () => {
    child.stdin.end();
    await exited;
  };
  return { port: emulators["functions"]!.port, stop };
}
