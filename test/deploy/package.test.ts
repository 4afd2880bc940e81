import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { loadManifest } from "../../admin/deploy/load-manifest.ts";
import { allSettings } from "../../functions/src/config.ts";
import { planDeployment } from "./firebase-tools.ts";
import { installDependencies, packBuiltFunctions } from "./packed-functions.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const packed = await packBuiltFunctions();
after(() => packed.remove());
await installDependencies(packed.folder);

describe("the uploaded package", () => {
  it("is the built code, package.json and the lock file, and nothing else", async () => {
    const sources = await Array.fromAsync(glob("**/*.ts", { cwd: join(root, "functions/src") }));
    const built = sources.filter((name) => !name.endsWith(".d.ts")).map((name) => `lib/${name.replace(/ts$/, "js")}`);
    assert.deepEqual(packed.files, [...built, "package-lock.json", "package.json"].toSorted());
  });

  it("imports exactly the dependencies of package.json", async () => {
    const { dependencies } = JSON.parse(await readFile(join(packed.folder, "package.json"), "utf8"));
    const imported = new Set<string>();
    for (const file of packed.files.filter((name) => name.endsWith(".js"))) {
      const code = await readFile(join(packed.folder, file), "utf8");
      for (const [, name = ""] of code.matchAll(/(?:\bfrom|\bimport\(?)\s*"((?:@[\w.-]+\/)?\w[\w.:-]*)/g)) {
        if (!name.startsWith("node:")) imported.add(name);
      }
    }
    assert.deepEqual([...imported].toSorted(), Object.keys(dependencies).toSorted());
  });

  it("has no development dependency, and a lock file that npm installs from offline", async () => {
    const { devDependencies } = JSON.parse(await readFile(join(packed.folder, "package.json"), "utf8"));
    assert.equal(devDependencies, undefined);
    const cache = join(packed.folder, "..", "empty-cache");
    const args = [
      "ci",
      "--omit=dev",
      "--dry-run",
      "--offline",
      "--ignore-scripts",
      "--loglevel=notice",
      "--cache",
      cache,
    ];
    const { stdout } = await promisify(execFile)("npm", args, { cwd: packed.folder });
    assert.match(stdout, /added \d+ packages/);
  });
});

/** What phones call; written out here, so that a function is not deployed by accident. */
const callables = [
  "eraseMyData",
  "getServerSettings",
  "muteCampaigns",
  "registerDevice",
  "reportCall",
  "unregisterDevice",
];

describe("the deployment that the Firebase CLI derives from it", async () => {
  const manifest = await loadManifest(packed.folder);
  const defaults = Object.fromEntries(
    allSettings.filter(({ source }) => source === "file").map(({ name, default: value }) => [name, value]),
  );
  const plan = (settings = {}) => planDeployment(manifest, "any-project", { ...defaults, ...settings });
  const endpoints = plan();

  it("is every exported function, of the second generation, in Seoul by default", async () => {
    const exported = Object.keys(await import("../../functions/src/index.ts"));
    assert.deepEqual(Object.keys(endpoints).toSorted(), exported.toSorted());
    for (const { platform, region, entryPoint } of Object.values(endpoints)) {
      assert.deepEqual([platform, region, exported.includes(entryPoint)], ["gcfv2", "asia-northeast3", true]);
    }
  });

  it("has the default numbers of instances, and Seoul's time zone", () => {
    const most = Object.entries(endpoints).map(([name, { maxInstances }]) => [name, maxInstances]);
    const jobs = ["duePushes", "nightly", "pathDaily", "probe", "saveLocation", "statistics"];
    assert.deepEqual(Object.fromEntries(most), {
      ...Object.fromEntries(callables.map((name) => [name, 20])),
      ...Object.fromEntries(jobs.map((name) => [name, 1])),
      campaignWorker: 2,
      console: 3,
      pbx: 20,
      pushWorker: 5,
    });
    const schedules = jobs.map((name) => endpoints[name].scheduleTrigger);
    assert.deepEqual(
      schedules.map(({ schedule, timeZone }) => [schedule, timeZone]),
      ["* * * * *", "40 3 * * *", "10 0 * * 1", "23 * * * *", "7,37 * * * *", "8 * * * *"].map((schedule) => [
        schedule,
        "Asia/Seoul",
      ]),
    );
  });

  it("has the region, times and sizes of the settings", () => {
    const { pbx, reportCall, pushWorker, campaignWorker, pathDaily, nightly } = plan({
      FUNCTION_DEFAULT_REGION: "europe-west3",
      SCHEDULE_TIME_ZONE: "Europe/Berlin",
      PATH_DAILY_SCHEDULE: "0 9 * * 5",
      CALL_MIN_INSTANCES: "1",
      CALL_MAX_INSTANCES: "50",
      PUSH_MAX_INSTANCES: "6",
      CAMPAIGN_WORKERS: "3",
    });
    assert.deepEqual([pbx.region, nightly.region, pushWorker.region], Array(3).fill("europe-west3"));
    assert.deepEqual([pbx.minInstances, pbx.maxInstances, reportCall.maxInstances], [1, 50, 50]);
    assert.deepEqual([pushWorker.maxInstances, campaignWorker.maxInstances], [6, 3]);
    assert.equal(nightly.scheduleTrigger.timeZone, "Europe/Berlin");
    assert.equal(pathDaily.scheduleTrigger.schedule, "0 9 * * 5");
  });

  it("keeps an instance ready for calls, and for nothing else", () => {
    const ready = Object.entries(plan({ CALL_MIN_INSTANCES: "2" })).filter(([, { minInstances }]) => minInstances > 0);
    const asked = Object.fromEntries(ready.map(([name, { minInstances }]) => [name, minInstances]));
    assert.deepEqual(asked, { pbx: 2, reportCall: 2 });
  });

  it("allows unauthenticated access to the functions that check it themselves, and to no others", () => {
    const open = Object.entries(endpoints).filter(([, { httpsTrigger }]) => httpsTrigger?.invoker?.includes("public"));
    assert.deepEqual(
      open.map(([name]) => name),
      ["pbx"],
    );
    const called = Object.entries(endpoints).filter(([, { callableTrigger }]) => callableTrigger !== undefined);
    assert.deepEqual(called.map(([name]) => name).toSorted(), ["console", ...callables]);
  });

  it("needs the APIs that docs/deploy.md enables", async () => {
    const guide = await readFile(join(root, "docs/deploy.md"), "utf8");
    const needed = manifest.requiredAPIs.map(({ api }) => api);
    assert.ok(needed.includes("cloudscheduler.googleapis.com"));
    for (const api of needed) assert.ok(guide.includes(api), api);
  });

  it("asks for the settings that docs/settings.md explains and the local stack has, and for secrets apart", async () => {
    const page = await readFile(join(root, "docs/settings.md"), "utf8");
    const local = await readFile(join(root, "functions/.env.demo-pbx-push"), "utf8");
    const settings = manifest.params;
    assert.ok(settings.length > 5);
    for (const { name, description, type } of settings) {
      assert.ok(page.includes(`\`${name}\``), `${name} is not in docs/settings.md`);
      assert.equal(new RegExp(`^${name}=`, "m").test(local), type !== "secret", name);
      assert.ok(description !== undefined, `${name} has no description`);
    }
    assert.deepEqual(
      settings.filter(({ type }) => type === "secret").map(({ name }) => name),
      ["APNS_KEY"],
    );
  });

  it("gives the secret to pbx alone", () => {
    const given = Object.entries(endpoints).filter(
      ([, { secretEnvironmentVariables = [] }]) => secretEnvironmentVariables.length > 0,
    );
    assert.deepEqual(
      given.map(([name, { secretEnvironmentVariables }]) => [
        name,
        secretEnvironmentVariables.map(({ key }: any) => key),
      ]),
      [["pbx", ["APNS_KEY"]]],
    );
  });
});
