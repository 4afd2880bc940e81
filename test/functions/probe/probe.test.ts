import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { after, beforeEach, describe, it } from "node:test";
// First: it captures what the functions log before they find the console.
import { startFunctions } from "../../support/functions.ts";
import { Breaker } from "../../../functions/src/breaker.ts";
import { systemClock } from "../../../functions/src/clock.ts";
import { probePbxId } from "../../../functions/src/probe/probe-phones.ts";
import { runProbe } from "../../../functions/src/probe/run-probe.ts";
import { recordProbe } from "../../../functions/src/probe/probe-results.ts";
import { findPbxUrl } from "../../../functions/src/pbx-url.ts";
import { countHour } from "../../../functions/src/statistics/count-hour.ts";
import { hourMs, startOfHour } from "../../../functions/src/statistics/hour.ts";
import { demoApns, voipTopic } from "../../../harness/demo-apns.ts";
import { readEntries } from "../../monitoring/logged-entry.ts";
import { changeDatabase } from "../../support/failing-services.ts";
import { createTestClock } from "../../support/clock.ts";
import { Timestamp } from "../../support/functions-admin-sdk.ts";
import { addLine, call, exten, resetState } from "../../support/line.ts";

const functions = await startFunctions(demoApns);
const { services, fcm } = functions;
const usual = { ...services };
after(() => functions.close());
beforeEach(async () => {
  fcm.reset();
  Object.assign(services, usual, { voipBreaker: new Breaker(systemClock) });
  await resetState(functions);
});

async function findClosedPort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  await once(server.close(), "close");
  return port;
}

/** Runs the probe as Cloud Scheduler does; returns its result and what was logged. */
async function probe() {
  const before = functions.logged.length;
  const { status, text } = await functions.runSchedule("probe");
  assert.equal(status, 200, text);
  const result = (await services.db.doc("probe/latest").get()).data();
  return {
    result,
    logged: readEntries(functions.logged.slice(before)).map(
      ({ severity, jsonPayload }) => ({ ...jsonPayload, severity }) as any,
    ),
  };
}

const settingsWith = (changes: object) => Object.assign(services, { config: { ...usual.config, ...changes } });
const ids = async (collection: string) => (await services.db.collection(collection).get()).docs.map(({ id }) => id);
const stepsOf = (result: any) => result.steps.map((step: any) => [step.step, step.isOk, step.detail]);

describe("the probe", () => {
  it("comes through when FCM and APNs refuse a phone that cannot exist", async () => {
    const { result, logged } = await probe();
    assert.equal(result!["isOk"], true);
    assert.deepEqual(stepsOf(result), [
      ["request", true, "502 push_failed"],
      ["record", true, "1"],
      ["fcm", true, "INVALID_ARGUMENT"],
      ["apns", true, `${voipTopic}: BadDeviceToken`],
    ]);
    assert.deepEqual(
      logged.map(({ message }) => message),
      ["probe_passed"],
    );
    for (const step of result!["steps"].filter(({ step: name }: any) => name !== "record")) assert.ok(step.ms >= 0);
    assert.deepEqual([fcm.counters.refused, fcm.counters.apns.refused], [1, 1]);
  });

  it("leaves nothing behind but its result", async () => {
    const keys = await ids("pbxKeys");
    await probe();
    for (const collection of ["rings", "ends", "devices", "users", "lines", "audience"]) {
      assert.deepEqual(await ids(collection), [], collection);
    }
    assert.deepEqual(await ids("pbxKeys"), keys);
  });

  it("removes the key of a probe that died, and no other", async () => {
    const keys = await ids("pbxKeys");
    const createdAt = Timestamp.fromMillis(Date.now() - hourMs);
    const key = { pbxId: probePbxId, scopes: ["calls"], extens: ["0"], createdAt };
    await services.db.doc("pbxKeys/dead").set({ ...key, expiresAt: Timestamp.fromMillis(Date.now() - 1000) });
    await services.db.doc("pbxKeys/busy").set({ ...key, expiresAt: Timestamp.fromMillis(Date.now() + 60_000) });
    await probe();
    assert.deepEqual((await ids("pbxKeys")).toSorted(), [...keys, "busy"].toSorted());
  });

  /** What is broken, and the step that must say so. */
  const broken: Readonly<Record<string, readonly [step: string, detail: RegExp, breaks: () => unknown]>> = {
    "FCM refuses our credentials": ["fcm", /^PERMISSION_DENIED$/, () => fcm.addFault({ status: 403, times: 9 })],
    "FCM is down": ["fcm", /^UNAVAILABLE$/, () => fcm.addFault({ status: 503, error_code: "UNAVAILABLE", times: 9 })],
    "the quota is used up": [
      "fcm",
      /^QUOTA_EXCEEDED$/,
      () => fcm.addFault({ status: 429, error_code: "QUOTA_EXCEEDED", times: 9 }),
    ],
    "APNs refuses our key": [
      "apns",
      /: InvalidProviderToken$/,
      () => fcm.addFault({ channel: "apns", reason: "InvalidProviderToken", times: 9 }),
    ],
    "APNs refuses the topic": [
      "apns",
      /: TopicDisallowed$/,
      () => fcm.addFault({ channel: "apns", reason: "TopicDisallowed", times: 9 }),
    ],
    "APNs is down": [
      "apns",
      /: ServiceUnavailable$/,
      () => fcm.addFault({ channel: "apns", reason: "ServiceUnavailable", times: 9 }),
    ],
    "there is no key for APNs": ["apns", /: not_asked$/, () => Object.assign(services, { apns: undefined })],
    "FCM takes a push to nobody": [
      "fcm",
      /^accepted$/,
      () => fcm.addFault({ status: 200, body: '{"name": "projects/p/messages/1"}', times: 9 }),
    ],
    "nobody listens": [
      "request",
      /^ECONNREFUSED$/,
      async () => settingsWith({ pbxApiUrl: `http://127.0.0.1:${await findClosedPort()}` }),
    ],
    "another server answers": [
      "request",
      /^404/,
      () => settingsWith({ pbxApiUrl: functions.urls.pbx.replace(/\/?$/, "/elsewhere") }),
    ],
  };

  for (const [what, [step, detail, breaks]] of Object.entries(broken)) {
    it(`says so when ${what}`, async () => {
      await breaks();
      const { result, logged } = await probe();
      const failed = result!["steps"].find((one: any) => !one.isOk);
      assert.equal(result!["isOk"], false);
      assert.equal(failed.step, step, JSON.stringify(result!["steps"]));
      assert.match(failed.detail, detail);
      const line = logged.find(({ message }) => message === "probe_failed");
      assert.deepEqual([line.severity, line.step, line.detail], ["ERROR", step, failed.detail]);
      // Its ring is kept: an operator asks why.
      if (step !== "request") assert.deepEqual(await ids("rings"), [result!["callId"]]);
    });
  }

  /** The last step of a probe whose job gets this answer from Firestore for one collection, and what was logged. */
  async function probeWithout(collection: string, answer: () => Promise<unknown>, meanwhile: () => void = () => {}) {
    const { db } = services;
    const fails = { create: answer, get: answer };
    const own = changeDatabase(services, {
      collection: (path: string) =>
        path === collection ? { doc: () => fails, where: () => fails } : db.collection(path),
    });
    const before = functions.logged.length;
    const running = runProbe(own);
    meanwhile();
    await running;
    const { isOk, steps } = (await db.doc("probe/latest").get()).data()!;
    const errors = readEntries(functions.logged.slice(before)).filter(({ severity }) => severity === "ERROR");
    assert.deepEqual([isOk, errors.length, errors[0]?.jsonPayload["message"]], [false, 1, "probe_failed"]);
    assert.deepEqual(
      [errors[0]!.jsonPayload["step"], errors[0]!.jsonPayload["detail"]],
      [steps.at(-1).step, steps.at(-1).detail],
    );
    return steps.map((one: any) => [one.step, one.isOk, one.detail]);
  }

  const refuse = async () => Promise.reject(Object.assign(new Error("7 PERMISSION_DENIED"), { code: 7 }));

  it("says so when Firestore refuses the job its key, or the ring", async () => {
    assert.deepEqual(await probeWithout("pbxKeys", refuse), [["key", false, "PERMISSION_DENIED"]]);
    assert.deepEqual(await probeWithout("rings", refuse), [
      ["request", true, "502 push_failed"],
      ["record", false, "PERMISSION_DENIED"],
    ]);
  });

  it("says so before its time is over when Firestore gives the job no answer", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const steps = await probeWithout(
      "pbxKeys",
      async () => new Promise(() => {}),
      () => {
        t.mock.timers.tick(15_000);
        t.mock.timers.reset();
      },
    );
    assert.deepEqual(steps, [["key", false, "no_answer"]]);
  });

  it("finds no fault in a key of Apple's for production only", async () => {
    fcm.addFault({ channel: "apns", reason: "BadDeviceToken", times: 1 });
    fcm.addFault({ channel: "apns", reason: "BadEnvironmentKeyIdInToken", times: 9 });
    const { result, logged } = await probe();
    assert.equal(result!["isOk"], true, JSON.stringify(result!["steps"]));
    assert.deepEqual(
      logged.map(({ message }) => message),
      ["probe_passed"],
    );
  });

  it("never trips a breaker, forgets nothing, and is in no count and no log of calls", async () => {
    const [token] = await addLine(functions, 1);
    const devices = await ids("devices");
    for (let nth = 0; nth < 5; nth += 1) {
      const { logged } = await probe();
      assert.deepEqual(
        logged.map(({ message }) => message),
        ["probe_passed"],
      );
    }
    assert.deepEqual(await ids("devices"), devices);
    fcm.addFault({ status: 503, error_code: "UNAVAILABLE", times: 9 });
    const { logged } = await probe();
    assert.deepEqual(
      logged.map(({ message }) => message).filter((name) => /breaker|call_woken|push_|voip_push/.test(name)),
      [],
    );
    fcm.clearFaults();
    await functions.pbx("POST", "/calls", call);
    assert.equal(fcm.messages(token).length, 1);
    const hour = startOfHour(Date.now());
    assert.ok((await ids("rings")).length >= 2);
    Object.assign(services, { clock: createTestClock(hour + hourMs + 60_000) });
    await countHour(services, hour);
    assert.deepEqual(await ids("statistics"), [`pbx-1~${new Date(hour).toISOString().slice(0, 13)}`]);
  });

  it("rings no phone of a customer who has its exten", async () => {
    await addLine(functions, 1);
    const { docs } = await services.db.collection("devices").get();
    await docs[0]!.ref.update({ extens: [exten, "0"] });
    const { result } = await probe();
    assert.deepEqual([result!["isOk"], fcm.messages().length], [true, 0]);
  });

  it("needs no APNs where no app gets VoIP pushes", async () => {
    settingsWith({ apnsTopics: [] });
    const { result } = await probe();
    assert.deepEqual(
      stepsOf(result).map(([step, isOk]: [string, boolean]) => [step, isOk]),
      [
        ["request", true],
        ["record", true],
        ["fcm", true],
      ],
    );
  });

  it("asks for each app", async () => {
    settingsWith({ apnsTopics: [voipTopic, "com.example.other.voip"] });
    const { result } = await probe();
    assert.deepEqual(stepsOf(result)[1], ["record", true, "2"]);
    assert.equal(result!["isOk"], true);
  });

  it("is switched off by a setting", async () => {
    settingsWith({ probe: "off" });
    const { result, logged } = await probe();
    assert.equal(result, undefined);
    assert.deepEqual(
      logged.map(({ message }) => message),
      ["probe_off"],
    );
  });

  it("keeps the results of two days, newest first, whichever is recorded first", async () => {
    const record = async (nth: number) =>
      recordProbe(services, { at: Timestamp.fromMillis(nth * hourMs), isOk: nth % 2 === 0, steps: [] });
    for (const nth of [1, 3, 2, ...Array.from({ length: 50 }, (_, index) => index + 4), 0]) await record(nth);
    const { at, isOk, history } = (await services.db.doc("probe/latest").get()).data()!;
    assert.deepEqual([at.toMillis() / hourMs, isOk, history.length], [53, false, 48]);
    assert.deepEqual(
      history.map((one: any) => one.at.toMillis() / hourMs),
      Array.from({ length: 48 }, (_, index) => 53 - index),
    );
  });

  it("asks the function beside it, a load balancer that the setting names, or the local stack's", () => {
    const { pbxApiUrl: _local, ...config } = { ...usual.config, projectId: "my-project" };
    const url = (changes: object) =>
      findPbxUrl({ ...config, pbxApiUrl: undefined, serviceName: undefined, ...changes });
    assert.equal(url({}), "https://asia-northeast3-my-project.cloudfunctions.net/pbx");
    assert.equal(
      url({ serviceName: "kit-my-probe-probe" }),
      "https://asia-northeast3-my-project.cloudfunctions.net/kit-my-probe-pbx",
    );
    assert.equal(url({ probe: "https://push.example.com/api/" }), "https://push.example.com/api");
    assert.equal(url({ pbxApiUrl: "http://127.0.0.1:5001/a/b/pbx" }), "http://127.0.0.1:5001/a/b/pbx");
  });
});
