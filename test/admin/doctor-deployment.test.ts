import assert from "node:assert/strict";
import { unlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { demoKeyEntry } from "../support/functions.ts";
import { findOne, findTrouble, fresh, google, store } from "./doctor-stage.ts";

describe("doctor finds, by what is deployed,", () => {
  it("a secret that is not there", async () => {
    unlinkSync(join(fresh.cloud, "PBX_KEYS"));
    assert.match(
      await findOne(),
      /^fault keys: there is no secret PBX_KEYS: .* → npm run ops -- keys add <id> --project/,
    );
    store("[]");
    assert.match(await findOne(), /^fault keys: PBX_KEYS has no key: .* → npm run ops -- keys add/);
  });

  it("a secret that is broken JSON, without quoting it", async () => {
    store(`[{"id":"pbx-1","sha256":"${demoKeyEntry.sha256}"`);
    const found = await findOne();
    assert.match(
      found,
      /^fault keys: PBX_KEYS is not JSON: every PBX is refused → store it again: .*functions:secrets:set PBX_KEYS/,
    );
    assert.ok(!found.includes(demoKeyEntry.sha256));
  });

  it("a misspelt field of a key", async () => {
    store(JSON.stringify([{ ...demoKeyEntry, extnes: ["070*"] }]));
    assert.match(await findOne(), /^fault keys: .*"extnes".* → .*whose entries have id, sha256, scopes, extens, ips$/);
  });

  it("a version of the secret that the function does not have", async () => {
    google.resource("/latest").name = "projects/123/secrets/PBX_KEYS/versions/4";
    assert.match(
      await findOne(),
      /^warning pbx: pbx runs with version 3 of PBX_KEYS, and 4 is the latest → deploy to make it work: .*--only functions/,
    );
  });

  it("a setting that is no number, and compares nothing by it", async () => {
    process.env["AUDIENCE_SHARDS"] = "many";
    const trouble = await findTrouble();
    assert.match(
      trouble[0]!,
      /^fault settings: AUDIENCE_SHARDS=many: .* → correct AUDIENCE_SHARDS in functions\/\.env\.wolley-push/,
    );
    assert.ok(
      trouble.some((line) => /^warning audience: not compared.*correct AUDIENCE_SHARDS/.test(line)),
      trouble.join("\n"),
    );
  });

  it("a setting that is deployed otherwise", async () => {
    google
      .resource("/functions")
      .functions.find(({ name }: any) => name.endsWith("/pbx")).serviceConfig.environmentVariables.AUDIENCE_SHARDS =
      "64";
    assert.match(
      await findOne(),
      /^warning functions: AUDIENCE_SHARDS is deployed as 64, but is 2 here → npx firebase deploy/,
    );
  });

  it("rules that are not deployed, or others", async () => {
    const files = google.resource("/rulesets/1").source.files;
    files[0].content = files[0].content.replace("if false", "if true");
    assert.match(
      await findOne(),
      /^fault rules: the deployed rules \(of 2026-11-01.*\) are not those .* → .*deploy --only firestore:rules/,
    );
    google.replace("/cloud.firestore", undefined);
    assert.match(
      await findOne(),
      /^fault rules: no rules are deployed: .* → npx firebase deploy --only firestore:rules --project wolley-push/,
    );
  });

  it("an index that is missing, or not yet built", async () => {
    const { indexes } = google.resource("/indexes");
    indexes[0].state = "CREATING";
    assert.match(await findOne(), /^warning indexes: the index devices\(stale, lastSeenAt\) is being built → wait/);
    indexes.splice(1, 1);
    indexes[0].state = "READY";
    assert.match(
      await findOne(),
      /^fault indexes: the index rings\(uid, createdAt\) is missing → .*deploy --only firestore:indexes/,
    );
  });

  it("an exemption that is missing", async () => {
    const { fields } = google.resource("/fields");
    fields.splice(
      fields.findIndex(({ name }: any) => name.endsWith("/audience/fields/devices")),
      1,
    );
    assert.match(await findOne(), /^fault indexes: audience\.devices is not indexed as .* → .*firestore:indexes/);
  });

  it("a TTL policy that is missing", async () => {
    const field = google.resource("/fields").fields.find(({ name }: any) => name.endsWith("/rings/fields/removeAt"));
    delete field.ttlConfig;
    assert.match(
      await findOne(),
      /^fault indexes: there is no TTL policy for rings\.removeAt: .* → .*firestore:indexes/,
    );
  });

  it("a function that is not deployed, or broken", async () => {
    const { functions: deployed } = google.resource("/functions");
    deployed.find(({ name }: any) => name.endsWith("/nightly")).state = "FAILED";
    assert.match(await findOne(), /^fault functions: nightly is FAILED → .*functions:log/);
    deployed.splice(
      deployed.findIndex(({ name }: any) => name.endsWith("/pushWorker")),
      1,
    );
    assert.match(
      await findOne(),
      /^fault functions: not deployed: pushWorker → npx firebase deploy --only functions --project/,
    );
  });

  it("a pbx without a minimum instance", async () => {
    delete google.resource("/functions").functions.find(({ name }: any) => name.endsWith("/pbx")).serviceConfig
      .minInstanceCount;
    assert.match(
      await findOne(),
      /^warning functions: pbx has no minimum instance: .*cold start → set CALL_MIN_INSTANCES=1 /,
    );
  });

  it("a schedule that is missing, paused, at other times, or that failed", async () => {
    const { jobs } = google.resource("/jobs");
    jobs[0].schedule = "0,30 * * * *";
    assert.match(
      await findOne(),
      /^fault schedules: saveLocation is started at 0,30 \* \* \* \* Asia\/Seoul, not at 7,37 .* → .*functions:saveLocation/,
    );
    jobs[0].schedule = "7,37 * * * *";
    jobs[1].state = "PAUSED";
    assert.match(
      await findOne(),
      /^fault schedules: pathDaily is not started: its job is PAUSED → gcloud scheduler jobs resume firebase-schedule-pathDaily/,
    );
    jobs[1].state = "ENABLED";
    jobs[3].status.code = 13;
    assert.match(
      await findOne(),
      /^warning schedules: the last start of nightly failed \(code 13\) → .*functions:log --only nightly/,
    );
    jobs.pop();
    assert.match(
      await findOne(),
      /^fault schedules: nightly is never started: there is no job .* → .*deploy --only functions:nightly/,
    );
  });

  it("an API that is closed to whoever asks, and goes on", async () => {
    google.replace(
      "/jobs",
      new Error("Cloud Scheduler API has not been used in project 123 before or it is disabled."),
    );
    assert.match(
      await findOne(),
      /^fault schedules: check failed: cloudscheduler\.googleapis\.com answered 403: Cloud Scheduler API has not/,
    );
  });
});
