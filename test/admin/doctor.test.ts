import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, beforeEach, describe, it } from "node:test";
import type { Desk } from "../../admin/ops/desk.ts";
import type { Services } from "../../functions/src/services.ts";
import { alice, bob, demoKey, demoKeyEntry, startFunctions } from "../support/functions.ts";
import { addLine, addPhone, exten, startAfresh } from "../support/line.ts";
import { emptyFolder, ops } from "./desk.ts";
import { startFakeGoogle } from "./fake-google.ts";

const functions = await startFunctions({ AUDIENCE_SHARDS: "2" });
const google = await startFakeGoogle();
const url = await functions.servePbx(functions.services);
const closing: (() => void)[] = [() => google.close()];
after(async () => {
  for (const close of closing) close();
  await functions.close();
});

const { services } = functions;
const settings = { serverAddress: "pbx.example.com", serverPort: 7099, serverSSL: true };

let cloud: string;
let tokens: string[];
beforeEach(async () => {
  await startAfresh(functions);
  google.restore();
  process.env["AUDIENCE_SHARDS"] = "2";
  cloud = emptyFolder();
  process.env["FAKE_FIREBASE"] = cloud;
  store(JSON.stringify([demoKeyEntry]));
  tokens = await addLine(functions, 1);
  await services.db.doc(`users/${alice.uid}`).set(settings, { merge: true });
});

/** What the secret PBX_KEYS is. */
function store(secret: string): void {
  writeFileSync(join(cloud, "PBX_KEYS"), secret);
}

/** The PBX's settings file with a key. */
function keyFile(key = demoKey): string {
  const file = join(cloud, "pbx-push.conf");
  writeFileSync(file, `[general]\nurl = ${url}\nkey = ${key}\n`);
  return file;
}

/** Runs the doctor on the real project's deployment; all that is not well. */
async function findTrouble(args: readonly string[] = [], on: Services = services, desk: Partial<Desk> = {}) {
  const common = ["doctor", "--project", google.projectId, "--json"];
  const usual = args.includes("--url") ? [] : ["--url", url];
  const key = args.includes("--key-file") ? [] : ["--key-file", keyFile()];
  const ran = await ops([...common, ...usual, ...key, ...args], on, { openGoogleApi: google.api, ...desk });
  assert.equal(ran.err, "");
  const trouble = ran.json.filter(({ level }: any) => level !== "ok");
  const isBad = trouble.some(({ level }: any) => level === "fault");
  assert.equal(ran.code, isBad ? 1 : 0);
  for (const { todo } of trouble) assert.match(todo, /\w/);
  return trouble.map(({ check, level, seen, todo }: any) => `${level} ${check}: ${seen} → ${todo}`) as string[];
}

/** The one thing that is not well. */
async function findOne(...args: Parameters<typeof findTrouble>): Promise<string> {
  const trouble = await findTrouble(...args);
  assert.equal(trouble.length, 1, trouble.join("\n"));
  return trouble[0]!;
}

/** A PBX API of another making. */
async function serve(answer: (path: string) => [status: number, body: object]): Promise<string> {
  const server = createServer((request, response) => {
    const [status, body] = answer(request.url ?? "");
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  closing.push(() => server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An address where nobody listens any more. */
async function vacate(): Promise<string> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  await once(server.close(), "close");
  return `127.0.0.1:${port}`;
}

describe("doctor on a sound project", () => {
  it("finds nothing, says what it has looked at, and sends nobody anything", async () => {
    const args = ["doctor", "--project", google.projectId, "--url", url, "--key-file", keyFile()];
    const { code, out, err } = await ops(args, services, { openGoogleApi: google.api });
    assert.deepEqual([code, err], [0, ""], out);
    assert.match(out, /\n\nok \d+, warnings 0, faults 0\n$/);
    const looks = ["settings", "keys", "rules", "indexes", "functions", "schedules", "fcm", "audience", "lines", "pbx"];
    for (const look of looks) assert.match(out, new RegExp(String.raw`^ok +${look} `, "m"));
    assert.deepEqual(functions.fcm.messages(tokens[0]), []);
    assert.ok(!out.includes(demoKey) && !out.includes(tokens[0]!.slice(0, 12)));
  });
});

describe("doctor finds", () => {
  it("a secret that is not there", async () => {
    const { unlinkSync } = await import("node:fs");
    unlinkSync(join(cloud, "PBX_KEYS"));
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
      /^fault keys: PBX_KEYS is not JSON: every PBX is refused → store it anew: .*functions:secrets:set PBX_KEYS/,
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
      /^warning functions: pbx has version 3 of PBX_KEYS, and 4 is the latest → .*--only functions:pbx/,
    );
  });

  it("a setting that is no number, and compares nothing by it", async () => {
    process.env["AUDIENCE_SHARDS"] = "many";
    const trouble = await findTrouble();
    assert.match(
      trouble[0]!,
      /^fault settings: AUDIENCE_SHARDS=many: .* → put AUDIENCE_SHARDS right in functions\/\.env\.wolley-push/,
    );
    assert.ok(
      trouble.some((line) => /^warning audience: not compared.*AUDIENCE_SHARDS right/.test(line)),
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
      /^warning functions: AUDIENCE_SHARDS is deployed as 64, and 2 here → npx firebase deploy/,
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
      /^fault indexes: the index calls\(uids, createdAt\) is missing → .*deploy --only firestore:indexes/,
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
    const field = google.resource("/fields").fields.find(({ name }: any) => name.endsWith("/calls/fields/expireAt"));
    delete field.ttlConfig;
    assert.match(
      await findOne(),
      /^fault indexes: there is no TTL policy for calls\.expireAt: .* → .*firestore:indexes/,
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
      /^warning functions: pbx has no minimum instance: .*cold start → set minInstances: 1/,
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
      /^fault schedules: could not be looked at: cloudscheduler\.googleapis\.com answered 403: Cloud Scheduler API has not/,
    );
  });

  it("an FCM of another project, one that refuses the credentials, and one that cannot be reached", async () => {
    const on = (config: object) => ({ ...services, config: { ...services.config, ...config } });
    assert.match(
      await findOne([], on({ projectId: "another" })),
      /^fault fcm: FCM: rejected \(NOT_FOUND\).* → FCM knows no such project/,
    );
    functions.fcm.addFault({ status: 401, error_code: "UNAUTHENTICATED", times: 2 });
    assert.match(
      await findOne(),
      /^fault fcm: FCM: rejected \(UNAUTHENTICATED\).* → FCM refuses the credentials: gcloud auth/,
    );
    functions.fcm.clearFaults();
    assert.match(
      await findOne([], on({ fcmEmulatorHost: await vacate() })),
      /^fault fcm: FCM: unavailable \(ECONNREFUSED\) → look at the network/,
    );
  });

  it("devices whose app belongs to another project", async () => {
    functions.fcm.addFault({ match: { token: tokens[0]! }, status: 403, error_code: "SENDER_ID_MISMATCH" });
    assert.match(
      await findOne(),
      /^fault fcm: phone-1: rejected \(SENDER_ID_MISMATCH\).* → the app was built for another Firebase project/,
    );
  });

  it("an audience that has drifted", async () => {
    await services.db.doc("devices/phone-1").delete();
    assert.match(
      await findOne(),
      /^fault audience: .*1 entry_without_device → npm run audience -- check --mend --project wolley-push/,
    );
  });

  it("devices that are packed where no campaign looks", async () => {
    await services.db.doc("audience/7").set({ devices: { lost: {} } });
    assert.match(
      await findOne(),
      /^fault audience: 1 devices are packed where no campaign looks .* → npm run audience -- rebuild --shards 2/,
    );
  });

  it("a line without an owner", async () => {
    await services.db.doc("lines/0709").set({ uid: "gone" });
    assert.match(
      await findOne(),
      /^fault lines: lines whose user does not exist: 0709 \(gone\) → npm run ops -- lines assign 0709 <user>, or/,
    );
  });

  it("a line that its owner's phones do not know of", async () => {
    await services.db.doc("lines/0709").set({ uid: alice.uid });
    assert.match(
      await findOne(),
      /^fault lines: lines that their user's phones do not know of: 0709 → npm run ops -- lines assign 0709 alice/,
    );
  });

  it("a user whose app does not know its PBX", async () => {
    await functions.pbx("PUT", "/lines/0702", { uid: bob.uid });
    assert.match(
      await findOne(),
      /^warning lines: users whose app does not know its PBX, .*: bob → the app has to save serverAddress/,
    );
  });

  it("no line at all", async () => {
    await functions.pbx("DELETE", `/lines/${exten}`);
    assert.match(await findOne(), /^warning lines: no exten belongs to anybody → npm run ops -- lines assign/);
  });

  it("a PBX API that nobody answers for, is closed, or broken", async () => {
    assert.match(
      await findOne(["--url", `http://${await vacate()}`]),
      /^fault pbx: nobody answers at http:\/\/127\.0\.0\.1:\d+ \(ECONNREFUSED\) → npx firebase deploy --only functions:pbx/,
    );
    const closed = await serve(() => [403, {}]);
    assert.match(
      await findOne(["--url", closed]),
      /^fault pbx: \S+\/health answered 403 → let everybody call it .*allUsers/,
    );
    const broken = await serve(() => [
      500,
      { error: { code: "misconfigured", message: "Bad settings: AUDIENCE_SHARDS" } },
    ]);
    assert.match(
      await findOne(["--url", broken]),
      /^fault pbx: \S+ answered 500: Bad settings: AUDIENCE_SHARDS → .*functions:log --only pbx/,
    );
  });

  it("a PBX API that refuses the key, or takes it for something else only", async () => {
    assert.match(
      await findOne(["--key-file", keyFile("another-key")]),
      /^fault pbx: the PBX API refuses the key: 401 .* → was it made after the last deployment\?.*keys list/,
    );
    const other = {
      ...services,
      config: { ...services.config, pbxKeys: JSON.stringify([{ ...demoKeyEntry, scopes: ["lines"] }]) },
    };
    const limited = await functions.servePbx(other);
    assert.match(
      await findOne(["--url", limited]),
      /^fault pbx: the PBX API refuses the key: 403 The key lacks the scope calls → .*keys list/,
    );
  });

  it("that no key was given", async () => {
    const ran = await ops(["doctor", "--project", google.projectId, "--url", url, "--json"], services, {
      openGoogleApi: google.api,
    });
    const found = ran.json.find(({ level }: any) => level !== "ok");
    assert.deepEqual([ran.code, found.seen], [0, "no key was tried"]);
    assert.match(found.todo, /--key-file/);
  });

  it("a clock that is wrong", async () => {
    const off = (ms: number) => ({ ...services, clock: { ...services.clock, now: () => Date.now() + ms } });
    assert.match(
      await findOne([], off(10_000)),
      /^warning pbx: this machine's clock is (9|10)\.\d s ahead → set it by NTP/,
    );
    assert.match(
      await findOne([], off(-600_000)),
      /^fault pbx: this machine's clock is (599|600)\.\d s behind → set it by NTP/,
    );
  });

  it("that there are no credentials, in one line", async () => {
    const openGoogleApi = () => ({
      ...google.api(),
      authorize: async () => Promise.reject(new Error("Could not load the default credentials. Browse to …\nfor more")),
    });
    const { code, out, err } = await ops(["doctor", "--project", google.projectId], services, { openGoogleApi });
    assert.deepEqual([code, out], [1, ""]);
    assert.equal(err, "No credentials for Google Cloud: run gcloud auth application-default login\n");
  });
});

describe("doctor --device", () => {
  const call = async () => (await services.db.collection("calls").get()).docs.map((one) => one.data())[0];

  it("wakes the phone by a real call, prints the times, and ends the call", async () => {
    // The phone: says that it is ready as soon as it is on record that it was woken.
    const stop = services.db.collection("calls").onSnapshot(({ docs }) => {
      const { devices } = docs[0]?.data() ?? {};
      if (devices?.["phone-1"]?.state !== "accepted") return;
      void functions.call("reportCall", alice, { callId: docs[0]!.id, deviceId: "phone-1", event: "ready" });
    });
    const args = [
      "doctor",
      "--project",
      google.projectId,
      "--url",
      url,
      "--key-file",
      keyFile(),
      "--device",
      "phone-1",
    ];
    const { code, out } = await ops(args, services, { openGoogleApi: google.api });
    stop();
    assert.equal(code, 0, out);
    assert.match(out, /\nok +wake +FCM took the push \d+ ms after the call; the PBX was answered after \d+ ms\n/);
    assert.match(out, /\nok +wake +phone-1 was ready \d+ ms after the call\n/);
    assert.deepEqual([(await call())?.["status"], (await call())?.["endReason"]], ["ended", "cancelled"]);
  });

  it("finds a registration that is dead, by FCM's word and by the call's", async () => {
    functions.fcm.setState(tokens[0]!, "uninstalled");
    const [fcm, wake, ...more] = await findTrouble(["--device", "phone-1"]);
    assert.deepEqual(more, []);
    assert.match(fcm!, /^fault fcm: phone-1: the registration is dead \(UNREGISTERED\) → .*devices forget phone-1/);
    assert.match(
      wake!,
      /^fault wake: the push to phone-1 failed: UNREGISTERED → the registration is dead: start the app/,
    );
  });

  it("finds a phone that no exten rings, and one that there is not", async () => {
    await addPhone(functions, "phone-b", bob);
    assert.match(
      await findOne(["--device", "phone-b"]),
      /^fault wake: no exten rings phone-b of bob → npm run ops -- lines assign <exten> bob/,
    );
    assert.match(
      await findOne(["--device", "phone-9"]),
      /^fault wake: there is no device phone-9 → npm run ops -- devices list/,
    );
  });
});

describe("doctor on the local stack", () => {
  const local = async (args: readonly string[], secret?: string) => {
    const secretFile = join(cloud, ".secret.local");
    if (secret !== undefined) writeFileSync(secretFile, secret);
    return ops(["doctor", "--project", "demo-pbx-push", ...args], services, { secretFile });
  };
  const names = [
    "getServerSettings",
    "muteCampaigns",
    "registerDevice",
    "unregisterDevice",
    "reportCall",
    "campaignWorker",
    "pathDaily",
    "saveLocation",
    "duePushes",
    "pushWorker",
    "nightly",
    "pbx",
  ];
  const emulator = (loaded: readonly string[]) =>
    serve((path) => {
      if (path === "/backends") return [200, { backends: [{ functionTriggers: loaded.map((name) => ({ name })) }] }];
      return path === "/health" ? [200, { status: "healthy", timestamp: new Date().toISOString() }] : [404, {}];
    });

  it("finds nothing when all is well, with the demo key", async () => {
    const { code, out } = await local(["--url", await emulator(names)]);
    assert.equal(code, 0, out);
    assert.match(out, /\nok \d+, warnings 0, faults 0\n$/);
  });

  it("finds that it does not run, and a function that it has not loaded", async () => {
    const stopped = await local(["--url", `http://${await vacate()}`]);
    assert.match(stopped.out, /fault +pbx +nobody answers at .*\n +→ start the local stack: npm start/);
    const { code, out } = await local(["--url", await emulator(names.filter((name) => name !== "nightly"))]);
    assert.equal(code, 1);
    assert.match(out, /fault +functions +not deployed: nightly\n +→ npm start\n/);
    assert.match(out, /fault +schedules +the local stack has no nightly\n +→ npm start\n/);
  });

  it("finds a secret whose # was taken for a comment", async () => {
    const keys = JSON.stringify([{ ...demoKeyEntry, extens: ["#1"] }]);
    const { out } = await local(["--url", await emulator(names)], `PBX_KEYS=${keys}\n`);
    assert.match(
      out,
      /fault +keys +PBX_KEYS is not JSON: .*\n +→ put the line in functions\/\.secret\.local right, its value in single quotes/,
    );
  });
});

describe("doctor's command line", () => {
  it("takes an address, a device and a file that has a key", async () => {
    const empty = join(cloud, "empty.conf");
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
