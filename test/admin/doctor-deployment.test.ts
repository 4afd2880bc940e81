import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pbxKeyPath, savePbxKey } from "../../harness/pbx-keys.ts";
import { demoKey } from "../support/functions.ts";
import { findProblem, findProblems, google, services } from "./doctor-setup.ts";

describe("doctor, checking the deployment,", () => {
  it("finds that no key works", async () => {
    await services.db.doc(pbxKeyPath(demoKey)).delete();
    const [none, refused] = await findProblems();
    assert.match(none!, /^fault keys: no key works: every PBX is refused → npm run ops -- keys add <pbx> --project/);
    assert.match(refused!, /^fault pbx: the running service refuses the key [0-9a-f]{8}…: 401 /);
    await savePbxKey(services.db, demoKey, { expiresAt: new Date(Date.now() - 1) } as object);
    assert.match((await findProblems())[0]!, /^fault keys: no key works/);
  });

  it("finds a misspelt field of a key", async () => {
    await savePbxKey(services.db, "another", { extnes: ["070*"] } as object);
    assert.match(
      await findProblem(),
      /^fault keys: the key of pbx-1 \([0-9a-f]{8}…\) is refused: .*"extnes".* → correct its document in pbxKeys, or keys revoke$/,
    );
  });

  it("finds a key that expires soon", async () => {
    await savePbxKey(services.db, "another", { expiresAt: new Date(Date.now() + 86_400_000) } as object);
    assert.match(await findProblem(), /^warning keys: the key of pbx-1 .* expires at 20.* → .*keys rotate pbx-1/);
  });

  it("finds a key whose addresses the deployment cannot know", async () => {
    await savePbxKey(services.db, "another", { ips: ["203.0.113.7"] });
    const behind = { ...services, config: { ...services.config, trustedProxies: 2 } };
    assert.match(
      await findProblem([], behind),
      /^fault keys: the key of pbx-1 .* TRUSTED_PROXIES is 2 → .*INGRESS_CLOSED/,
    );
    const closed = { ...behind, config: { ...behind.config, ingressClosed: true } };
    assert.deepEqual(await findProblems([], closed), []);
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
    indexes.splice(
      indexes.findIndex(({ fields }: any) => fields[0].fieldPath === "uid"),
      1,
    );
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
