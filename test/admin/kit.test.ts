import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { pbxUrl } from "../../admin/project/pbx-url.ts";
import { emptyFolder, ops } from "./run-ops.ts";
import { findProblems, google, services } from "./doctor-setup.ts";

// The deployment is an instance of a function kit, in Frankfurt, with its settings in its own project's folder.
const settings = `FUNCTION_DEFAULT_REGION=europe-west3
SCHEDULE_TIME_ZONE=Asia/Seoul
PATH_DAILY_SCHEDULE="0 9 * * 5"
`;

beforeEach(() => {
  const folder = join(emptyFolder(), "config-office");
  mkdirSync(folder);
  writeFileSync(join(folder, `.env.${google.projectId}`), settings);
  process.env["PBX_PUSH_KIT"] = folder;
  google.restore({ region: "europe-west3", prefix: "kit-office-" });
  job("pathDaily").schedule = "0 9 * * 5";
});
afterEach(() => delete process.env["PBX_PUSH_KIT"]);

function job(name: string): any {
  return google.resource("/jobs").jobs.find((one: any) => one.name.includes(`-${name}-`));
}

describe("a function kit's instance", () => {
  it("has its own names in its addresses", () => {
    assert.equal(pbxUrl(google.projectId), "https://europe-west3-wolley-push.cloudfunctions.net/kit-office-pbx");
    assert.equal(pbxUrl("demo-pbx-push"), "http://127.0.0.1:5001/demo-pbx-push/asia-northeast3/kit-office-pbx");
  });

  it("passes the doctor's checks", async () => {
    assert.deepEqual(await findProblems(), []);
  });

  it("is checked under its own names, with fixes for its own project's folder", async () => {
    const { functions } = google.resource("/functions");
    google.resource("/functions").functions = functions.filter(({ name }: any) => !name.endsWith("-nightly"));
    job("saveLocation").timeZone = "Europe/Berlin";
    const deploy = "npx firebase deploy --only functions:office --project wolley-push";
    assert.deepEqual(await findProblems(), [
      `fault functions: not deployed: kit-office-nightly → ${deploy}`,
      `fault schedules: saveLocation is started at 7,37 * * * * Europe/Berlin, not at 7,37 * * * * Asia/Seoul → ${deploy}`,
    ]);
    google.resource("/functions").functions = functions;
    job("saveLocation").timeZone = "Asia/Seoul";
    job("saveLocation").status.code = 13;
    assert.deepEqual(await findProblems(), [
      "warning schedules: the last start of saveLocation failed (code 13) → npx firebase functions:log --only kit-office-saveLocation --project wolley-push",
    ]);
  });

  it("gets a wrong setting corrected in its own file", async () => {
    const file = join(process.env["PBX_PUSH_KIT"]!, `.env.${google.projectId}`);
    writeFileSync(file, `${settings}TRUSTED_PROXIES=one\n`);
    const [fault] = await findProblems();
    assert.ok(fault?.includes(`correct TRUSTED_PROXIES in ${file}, then npx firebase deploy --only functions:office`));
  });

  it("gets its keys with its own address", async () => {
    const { out } = await ops(["keys", "add", "pbx-2", "--project", google.projectId], services);
    assert.match(out, /\nurl_1 = https:\/\/europe-west3-wolley-push\.cloudfunctions\.net\/kit-office-pbx\n/);
  });

  it("is selected by its folder, which must be one", async () => {
    for (const folder of [emptyFolder(), join(emptyFolder(), "config-office")]) {
      process.env["PBX_PUSH_KIT"] = folder;
      const { code, err } = await ops(["keys", "add", "pbx-2", "--project", google.projectId], services);
      assert.deepEqual([code, err.includes(`PBX_PUSH_KIT must be the folder function-kits`)], [2, true], err);
    }
  });
});
