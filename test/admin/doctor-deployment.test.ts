import assert from "node:assert/strict";
import { unlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { demoKeyEntry } from "../support/functions.ts";
import { findProblem, findProblems, fresh, google, store } from "./doctor-setup.ts";

describe("doctor, checking the deployment,", () => {
  it("finds a missing secret", async () => {
    unlinkSync(join(fresh.cloud, "PBX_KEYS"));
    assert.match(
      await findProblem(),
      /^fault keys: there is no secret PBX_KEYS: .* → npm run ops -- keys add <id> --project/,
    );
    store("[]");
    assert.match(await findProblem(), /^fault keys: PBX_KEYS has no key: .* → npm run ops -- keys add/);
  });

  it("finds a secret with broken JSON, and does not quote it", async () => {
    store(`[{"id":"pbx-1","sha256":"${demoKeyEntry.sha256}"`);
    const found = await findProblem();
    assert.match(
      found,
      /^fault keys: PBX_KEYS is not JSON: every PBX is refused → store it again: .*functions:secrets:set PBX_KEYS/,
    );
    assert.ok(!found.includes(demoKeyEntry.sha256));
  });

  it("finds a misspelt field of a key", async () => {
    store(JSON.stringify([{ ...demoKeyEntry, extnes: ["070*"] }]));
    assert.match(
      await findProblem(),
      /^fault keys: .*"extnes".* → .*whose entries have id, sha256, scopes, extens, ips$/,
    );
  });

  it("finds a secret version that the function does not have", async () => {
    google.resource("/latest").name = "projects/123/secrets/PBX_KEYS/versions/4";
    assert.match(
      await findProblem(),
      /^warning pbx: pbx runs with version 3 of PBX_KEYS, and 4 is the latest → deploy to make it work: .*--only functions/,
    );
  });

  it("finds a setting that is no number, and skips the checks that need it", async () => {
    process.env["AUDIENCE_SHARDS"] = "many";
    const problems = await findProblems();
    assert.match(
      problems[0]!,
      /^fault settings: AUDIENCE_SHARDS=many: .* → correct AUDIENCE_SHARDS in functions\/\.env\.wolley-push/,
    );
    assert.ok(
      problems.some((line) => /^warning audience: not compared.*correct AUDIENCE_SHARDS/.test(line)),
      problems.join("\n"),
    );
  });

  it("finds a setting that is deployed with another value", async () => {
    google
      .resource("/functions")
      .functions.find(({ name }: any) => name.endsWith("/pbx")).serviceConfig.environmentVariables.AUDIENCE_SHARDS =
      "64";
    assert.match(
      await findProblem(),
      /^warning functions: AUDIENCE_SHARDS is deployed as 64, but is 2 here → npx firebase deploy/,
    );
  });

  it("finds missing rules, and other rules", async () => {
    const files = google.resource("/rulesets/1").source.files;
    files[0].content = files[0].content.replace("if false", "if true");
    assert.match(
      await findProblem(),
      /^fault rules: the deployed rules \(of 2026-11-01.*\) are not those .* → .*deploy --only firestore:rules/,
    );
    google.replace("/cloud.firestore", undefined);
    assert.match(
      await findProblem(),
      /^fault rules: no rules are deployed: .* → npx firebase deploy --only firestore:rules --project wolley-push/,
    );
  });

  it("finds an index that is missing or still building", async () => {
    const { indexes } = google.resource("/indexes");
    indexes[0].state = "CREATING";
    assert.match(await findProblem(), /^warning indexes: the index devices\(stale, lastSeenAt\) is being built → wait/);
    indexes.splice(1, 1);
    indexes[0].state = "READY";
    assert.match(
      await findProblem(),
      /^fault indexes: the index rings\(uid, createdAt\) is missing → .*deploy --only firestore:indexes/,
    );
  });

  it("finds a missing exemption", async () => {
    const { fields } = google.resource("/fields");
    fields.splice(
      fields.findIndex(({ name }: any) => name.endsWith("/audience/fields/devices")),
      1,
    );
    assert.match(await findProblem(), /^fault indexes: audience\.devices is not indexed as .* → .*firestore:indexes/);
  });

  it("finds a missing TTL policy", async () => {
    const field = google.resource("/fields").fields.find(({ name }: any) => name.endsWith("/rings/fields/removeAt"));
    delete field.ttlConfig;
    assert.match(
      await findProblem(),
      /^fault indexes: there is no TTL policy for rings\.removeAt: .* → .*firestore:indexes/,
    );
  });

  it("finds a function that is missing or broken", async () => {
    const { functions: deployed } = google.resource("/functions");
    deployed.find(({ name }: any) => name.endsWith("/nightly")).state = "FAILED";
    assert.match(await findProblem(), /^fault functions: nightly is FAILED → .*functions:log/);
    deployed.splice(
      deployed.findIndex(({ name }: any) => name.endsWith("/pushWorker")),
      1,
    );
    assert.match(
      await findProblem(),
      /^fault functions: not deployed: pushWorker → npx firebase deploy --only functions --project/,
    );
  });

  it("finds a pbx without a minimum instance", async () => {
    delete google.resource("/functions").functions.find(({ name }: any) => name.endsWith("/pbx")).serviceConfig
      .minInstanceCount;
    assert.match(
      await findProblem(),
      /^warning functions: pbx has no minimum instance: .*cold start → set CALL_MIN_INSTANCES=1 /,
    );
  });

  it("finds a schedule that is missing, paused, at another time, or that failed", async () => {
    const { jobs } = google.resource("/jobs");
    const job = (name: string) => jobs.find((one: any) => one.name.includes(name));
    job("saveLocation").schedule = "0,30 * * * *";
    assert.match(
      await findProblem(),
      /^fault schedules: saveLocation is started at 0,30 \* \* \* \* Asia\/Seoul, not at 7,37 .* → .*functions:saveLocation/,
    );
    job("saveLocation").schedule = "7,37 * * * *";
    job("pathDaily").state = "PAUSED";
    assert.match(
      await findProblem(),
      /^fault schedules: pathDaily is not started: its job is PAUSED → gcloud scheduler jobs resume firebase-schedule-pathDaily/,
    );
    job("pathDaily").state = "ENABLED";
    job("nightly").status.code = 13;
    assert.match(
      await findProblem(),
      /^warning schedules: the last start of nightly failed \(code 13\) → .*functions:log --only nightly/,
    );
    jobs.splice(jobs.indexOf(job("nightly")), 1);
    assert.match(
      await findProblem(),
      /^fault schedules: nightly is never started: there is no job .* → .*deploy --only functions:nightly/,
    );
  });

  it("reports an API that denies access, and goes on", async () => {
    google.replace(
      "/jobs",
      new Error("Cloud Scheduler API has not been used in project 123 before or it is disabled."),
    );
    assert.match(
      await findProblem(),
      /^fault schedules: check failed: cloudscheduler\.googleapis\.com answered 403: Cloud Scheduler API has not/,
    );
  });
});
