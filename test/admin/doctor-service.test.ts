import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pbxKeyPath, savePbxKey } from "../../harness/pbx-keys.ts";
import { alice, bob, demoKey } from "../support/functions.ts";
import { addPhone, devicePath, exten } from "../support/line.ts";
import { ops } from "./run-ops.ts";
import {
  findProblem,
  findProblems,
  fresh,
  functions,
  google,
  keyFile,
  serve,
  services,
  url,
  findClosedPort,
} from "./doctor-setup.ts";

const healthy = (): [number, object] => [200, { status: "healthy", timestamp: new Date().toISOString() }];

describe("doctor, checking how the service answers,", () => {
  it("finds an FCM of another project, one that refuses the credentials, and one that cannot be reached", async () => {
    const on = (config: object) => ({ ...services, config: { ...services.config, ...config } });
    assert.match(
      await findProblem([], on({ projectId: "another" })),
      /^fault fcm: FCM: rejected \(NOT_FOUND\).* → FCM does not know the project/,
    );
    functions.fcm.addFault({ status: 401, error_code: "UNAUTHENTICATED", times: 2 });
    assert.match(
      await findProblem(),
      /^fault fcm: FCM: rejected \(UNAUTHENTICATED\).* → FCM refuses the credentials: gcloud auth/,
    );
    functions.fcm.clearFaults();
    assert.match(
      await findProblem([], on({ fcmEmulatorHost: await findClosedPort() })),
      /^fault fcm: FCM: unavailable \(ECONNREFUSED\) → check the network/,
    );
  });

  it("finds devices whose app belongs to another project", async () => {
    functions.fcm.addFault({ match: { token: fresh.token }, status: 403, error_code: "SENDER_ID_MISMATCH" });
    assert.match(
      await findProblem(),
      /^fault fcm: phone-1: rejected \(SENDER_ID_MISMATCH\).* → the app was built for another Firebase project/,
    );
  });

  it("finds an audience that has drifted", async () => {
    await addPhone(functions, "phone-2");
    await services.db.doc(devicePath("phone-1")).delete();
    assert.match(
      await findProblem(),
      /^fault audience: .*1 entry_without_device → npm run ops -- audience check --mend --project demo-test-/,
    );
  });

  it("finds devices in audience documents that no campaign reads", async () => {
    await services.db.doc("audience/7").set({ devices: { lost: {} } });
    assert.match(
      await findProblem(),
      /^fault audience: 1 devices are packed in documents that no campaign reads .* → npm run ops -- audience rebuild --shards 2/,
    );
  });

  it("finds a line without an owner", async () => {
    await services.db.doc("lines/0709").set({ uid: "gone" });
    assert.match(
      await findProblem(),
      /^fault lines: lines whose user does not exist: 0709 \(gone\) → npm run ops -- lines assign 0709 <user>, or/,
    );
  });

  it("finds a line that its owner's phones do not have", async () => {
    await services.db.doc("lines/0709").set({ uid: alice.uid });
    assert.match(
      await findProblem(),
      /^fault lines: lines that are missing in their user's document: 0709 → npm run ops -- lines assign 0709 alice/,
    );
  });

  it("finds a user without server settings", async () => {
    await services.db.doc(`users/${alice.uid}`).set({ extens: [exten] });
    assert.match(
      await findProblem(),
      /^warning lines: users without server settings, .*: alice → the app has to save serverAddress/,
    );
  });

  it("finds lines whose users have no phone", async () => {
    await services.db.doc(devicePath("phone-1")).delete();
    await services.db.doc("audience/0").delete();
    await services.db.doc("audience/1").delete();
    const problems = await findProblems();
    const wanted = /^warning lines: no user with a line has a phone: .*NAK no_devices: alice → log in to the app/;
    assert.ok(
      problems.some((line) => wanted.test(line)),
      problems.join("\n"),
    );
  });

  it("finds that there is no line", async () => {
    await functions.pbx("DELETE", `/lines/${exten}`);
    assert.match(await findProblem(), /^warning lines: no exten is assigned to a user → npm run ops -- lines assign/);
  });

  it("finds a PBX API that is unreachable, closed or broken", async () => {
    assert.match(
      await findProblem(["--url", `http://${await findClosedPort()}`]),
      /^fault pbx: no answer from http:\/\/127\.0\.0\.1:\d+ \(ECONNREFUSED\) → npx firebase deploy --only functions:pbx/,
    );
    const closed = await serve(() => [403, {}]);
    assert.match(
      await findProblem(["--url", closed]),
      /^fault pbx: \S+\/health answered 403 → allow public calls .*allUsers/,
    );
    const broken = await serve(() => [
      500,
      { error: { code: "misconfigured", message: "Bad settings: AUDIENCE_SHARDS" } },
    ]);
    assert.match(
      await findProblem(["--url", broken]),
      /^fault pbx: \S+ answered 500: Bad settings: AUDIENCE_SHARDS → .*functions:log --only pbx/,
    );
  });

  it("finds a key that the service refuses", async () => {
    assert.match(
      await findProblem(["--key-file", keyFile("another-key")]),
      /^fault pbx: the running service refuses the key [0-9a-f]{8}…: 401 .* → .*keys list/,
    );
    await savePbxKey(services.db, "limited", { scopes: ["lines"] });
    assert.match(
      await findProblem(["--key-file", keyFile("limited")]),
      /^fault pbx: the running service refuses the key of pbx-1 \([0-9a-f]{8}…\): 403 The key lacks the scope calls → .*keys list/,
    );
  });

  it("finds a service that reads its keys from another database", async () => {
    const elsewhere = await serve((path) =>
      path === "/health" ? healthy() : [401, { error: { code: "unauthenticated", message: "" } }],
    );
    const problems = await findProblems(["--url", elsewhere]);
    assert.match(
      problems[0]!,
      /^fault pbx: the running service does not know a key that was just stored in wolley-push → deploy this version: /,
    );
  });

  it("finds a key that the service does not accept though it works, and one that it still accepts", async () => {
    await savePbxKey(services.db, "old", { revokedAt: new Date(Date.now() - 1) } as object);
    const stored = pbxKeyPath(demoKey).split("/")[1];
    const stale = await serve((path) => {
      if (path === "/health") return healthy();
      if (path.startsWith("/keys/")) return [200, { accepted: path !== `/keys/${stored}` }];
      return [404, { error: { code: "unknown_call", message: "" } }];
    });
    const problems = (await findProblems(["--url", stale])).toSorted();
    assert.equal(problems.length, 2, problems.join("\n"));
    assert.match(problems[0]!, /^fault pbx: the running service refuses the key of pbx-1 .* → changes take a minute/);
    assert.match(
      problems[1]!,
      /^fault pbx: the running service still accepts the key of pbx-1 .*, which no longer works/,
    );
  });

  it("leaves no key of its own", async () => {
    await findProblems();
    const { docs } = await services.db.collection("pbxKeys").get();
    assert.deepEqual(
      docs.map(({ ref }) => ref.path),
      [pbxKeyPath(demoKey)],
    );
  });

  it("finds a clock that is wrong", async () => {
    const off = (ms: number) => ({ ...services, clock: { ...services.clock, now: () => Date.now() + ms } });
    assert.match(
      await findProblem([], off(10_000)),
      /^warning pbx: this machine's clock is (9|10)\.\d s ahead → set it by NTP/,
    );
    assert.match(
      await findProblem([], off(-600_000)),
      /^fault pbx: this machine's clock is (599|600)\.\d s behind → set it by NTP/,
    );
  });
});

describe("doctor --device", () => {
  const call = async () => (await services.db.collection("rings").get()).docs.map((one) => one.data())[0];

  it("wakes the phone by a real call, prints the times, and ends the call", async () => {
    // The phone reports ready as soon as its push is on record.
    const stop = services.db.collection("rings").onSnapshot(({ docs }) => {
      const { phones } = docs[0]?.data() ?? {};
      if (phones?.["phone-1"]?.state !== "accepted") return;
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
    assert.match(out, /\nok +wake +FCM accepted the push \d+ ms after the call; the PBX was answered after \d+ ms\n/);
    assert.match(out, /\nok +wake +phone-1 was ready \d+ ms after the call\n/);
    assert.deepEqual([(await call())?.["status"], (await call())?.["endReason"]], ["ended", "cancelled"]);
  });

  it("finds a dead registration, by FCM's answer and by the call's", async () => {
    functions.fcm.setState(fresh.token, "uninstalled");
    const [fcm, wake, ...more] = await findProblems(["--device", "phone-1"]);
    assert.deepEqual(more, []);
    assert.match(fcm!, /^fault fcm: phone-1: the registration is dead \(UNREGISTERED\) → .*devices forget phone-1/);
    assert.match(
      wake!,
      /^fault wake: the push to phone-1 failed: UNREGISTERED → the registration is dead: start the app/,
    );
  });

  it("finds a phone without an exten, and an unknown phone", async () => {
    await addPhone(functions, "phone-b", bob);
    assert.match(
      await findProblem(["--device", "phone-b"]),
      /^fault wake: no exten rings phone-b of bob → npm run ops -- lines assign <exten> bob/,
    );
    assert.match(
      await findProblem(["--device", "phone-9"]),
      /^fault wake: there is no device phone-9 → npm run ops -- devices list/,
    );
  });
});
