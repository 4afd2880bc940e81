import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { demoKey } from "../support/functions.ts";
import { ops } from "./run-ops.ts";
import { fresh, functions, google, keyFile, serve, services, url, findClosedPort } from "./doctor-setup.ts";

describe("doctor on a sound project", () => {
  it("finds nothing, lists what it has checked, and sends no push", async () => {
    const args = ["doctor", "--project", google.projectId, "--url", url, "--key-file", keyFile()];
    const { code, out, err } = await ops(args, services, { openGoogleApi: google.api });
    assert.deepEqual([code, err], [0, ""], out);
    assert.match(out, /\n\nok \d+, warnings 0, faults 0\n$/);
    const looks = [
      "settings",
      "keys",
      "rules",
      "indexes",
      "functions",
      "schedules",
      "fcm",
      "apns",
      "audience",
      "lines",
      "pbx",
      "probe",
    ];
    for (const look of looks) assert.match(out, new RegExp(String.raw`^ok +${look} `, "m"));
    assert.deepEqual(functions.fcm.messages(fresh.token), []);
    assert.ok(!out.includes(demoKey) && !out.includes(fresh.token.slice(0, 12)));
  });
});

describe("doctor on the local stack", () => {
  const local = async (args: readonly string[]) => ops(["doctor", "--project", "demo-pbx-push", ...args], services);
  const names = [
    "console",
    "getServerSettings",
    "muteCampaigns",
    "registerDevice",
    "unregisterDevice",
    "eraseMyData",
    "reportCall",
    "campaignWorker",
    "pathDaily",
    "saveLocation",
    "duePushes",
    "pushWorker",
    "nightly",
    "statistics",
    "probe",
    "pbx",
  ];
  const emulator = (loaded: readonly string[]) =>
    serve((path) => {
      if (path === "/backends") return [200, { backends: [{ functionTriggers: loaded.map((name) => ({ name })) }] }];
      if (path.startsWith("/keys/")) return [200, { accepted: true }];
      return path === "/health" ? [200, { status: "healthy", timestamp: new Date().toISOString() }] : [404, {}];
    });

  it("finds nothing when all is well, with the demo key", async () => {
    const { code, out } = await local(["--url", await emulator(names)]);
    assert.equal(code, 0, out);
    assert.match(out, /\nok \d+, warnings 0, faults 0\n$/);
  });

  it("tries a key that was just made, which works at once", async () => {
    const { json } = await ops(["keys", "add", "pbx-2", "--json", "--project", "demo-pbx-push"], services);
    const { code, out } = await local(["--url", await emulator(names), "--key-file", keyFile(json.key)]);
    assert.equal(code, 0, out);
    assert.ok(out.includes(`the running service takes the key of pbx-2 (${json.sha256}…)\n`), out);
  });

  it("finds that the stack does not run, and a function that it has not loaded", async () => {
    const stopped = await local(["--url", `http://${await findClosedPort()}`]);
    assert.match(stopped.out, /fault +pbx +no answer from .*\n +→ start the local stack: npm start/);
    const { code, out } = await local(["--url", await emulator(names.filter((name) => name !== "nightly"))]);
    assert.equal(code, 1);
    assert.match(out, /fault +functions +not deployed: nightly\n +→ npm start\n/);
    assert.match(out, /fault +schedules +the local stack has no nightly\n +→ npm start\n/);
  });
});

describe("doctor's command line", () => {
  it("reports missing credentials in one line", async () => {
    const openGoogleApi = () => ({
      ...google.api(),
      authorize: async () => Promise.reject(new Error("Could not load the default credentials. Browse to …\nfor more")),
    });
    const { code, out, err } = await ops(["doctor", "--project", google.projectId], services, { openGoogleApi });
    assert.deepEqual([code, out], [1, ""]);
    assert.equal(err, "No credentials for Google Cloud: run gcloud auth application-default login\n");
  });

  it("takes an address, a device and a settings file with a key", async () => {
    const empty = join(fresh.folder, "empty.conf");
    writeFileSync(empty, "[general]\n");
    for (const args of [
      ["--url", "ftp://x"],
      ["--device", "a/b"],
      ["--key-file", empty],
    ]) {
      const { code, err } = await ops(["doctor", ...args, "--project", google.projectId]);
      assert.deepEqual([code, err.split("\n").length], [2, 2], err);
    }
    assert.equal((await ops(["doctor", "--key-file", "/nowhere", "--project", google.projectId])).code, 1);
  });
});
