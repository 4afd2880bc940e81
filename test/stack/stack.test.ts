import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { connect } from "../../admin/project/connect.ts";
import { readProbe } from "../../functions/src/probe/probe-results.ts";
import { findCountedUntil } from "../../functions/src/statistics/find-statistics.ts";
import { findOfficial } from "../../local/official/find.ts";
import { placeDemoCall } from "../../local/stack/demo-call.ts";
import { demo, functionsUrl, secondDemo } from "../../local/stack/demo.ts";
import { post } from "../../local/stack/demo-data.ts";
import { host, ports, projectId } from "../../local/stack/ports.ts";
import { runSchedule } from "../../local/stack/scheduler.ts";
import { startStack, type Stack } from "../../local/stack/stack.ts";
import { requestPbx } from "../support/functions.ts";
import { measureKeyChanges } from "../support/key-changes.ts";
import { ringLegs, ringsFor } from "../support/parallel-legs.ts";
import { describeCauses } from "./causes.suite.ts";
import { describeExamples } from "./examples.suite.ts";

let stack: Stack;
before(async () => {
  const found = process.env["STACK"] === "official" ? await findOfficial(["firestore", "pubsub"]) : undefined;
  if (found !== undefined && "missing" in found) assert.fail(found.missing);
  stack = await startStack(found === undefined ? {} : { officialJars: found.jars });
});
after(async () => {
  await stack.stop();
});

const pbx = `${functionsUrl}/pbx`;

describeExamples();

describe("the local stack", () => {
  it("takes a call from the PBX to the phone, and its end", async () => {
    const onTheWay = ["PBX → pbx-push", "pbx-push → FCM", "FCM → phone", "phone → pbx-push", "phone → PBX"];
    const waking = [...onTheWay, "phone → pbx-push", "phone", "pbx-push → PBX"];
    const ending = ["PBX → pbx-push", "FCM → phone", "phone", "pbx-push → PBX"];
    const { steps } = await placeDemoCall(stack.fcm, stack.demoToken);
    assert.deepEqual(steps.map(({ who }) => who).toSorted(), [...waking, ...ending].toSorted());
  });

  it("rings an iPhone by APNs, with the demo key", async () => {
    const url = `http://${host}:${ports.auth}/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword?key=demo`;
    const login = { email: secondDemo.email, password: secondDemo.password, returnSecureToken: true };
    const { idToken } = (await post(url, undefined, login)) as { idToken: string };
    const { token, voipToken } = stack.fcm.createRegistration({ platform: "ios" });
    const voip = { token: voipToken, topic: "com.example.app.voip", environment: "production" };
    const registration = { kind: "token", value: token };
    const device = { deviceId: "iphone", platform: "ios", registration, voip };
    await post(`${functionsUrl}/registerDevice`, idToken, { data: device });
    const { text } = await requestPbx(pbx, "POST", "/calls", {
      call_id: "ios.1",
      ring_id: "1",
      exten: secondDemo.exten,
    });
    assert.deepEqual(
      stack.fcm.messages(token).map(({ channel }) => channel),
      ["apns"],
      text,
    );
    await post(`${functionsUrl}/unregisterDevice`, idToken, { data: { deviceId: device.deviceId } });
  });

  it("comes through its own probe, and counts rings", async () => {
    for (const name of ["probe", "statistics"]) await runSchedule(name);
    const { services, close } = await connect(projectId);
    const { isOk, steps } = (await readProbe(services))!;
    assert.ok(isOk, JSON.stringify(steps));
    assert.deepEqual(
      steps.map(({ step }) => step),
      ["request", "record", "fcm", "apns"],
    );
    assert.notEqual(await findCountedUntil(services), undefined);
    await close();
  });

  it("follows a key's changes within a minute", { timeout: 180_000 }, async (t) => {
    const { services, close } = await connect(projectId);
    t.diagnostic(`the local stack: ${await measureKeyChanges([pbx], services, projectId)}`);
    await close();
  });

  it("lets phones log in with the Auth emulator's tokens", async () => {
    const url = `http://${host}:${ports.auth}/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword?key=demo`;
    const login = { email: demo.email, password: demo.password, returnSecureToken: true };
    const { idToken } = (await post(url, undefined, login)) as { idToken: string };
    const { result } = (await post(`${functionsUrl}/getServerSettings`, idToken, { data: null })) as {
      result: unknown;
    };
    assert.deepEqual(result, { serverAddress: host, serverPort: ports.hub, serverSSL: false });
  });

  it(
    "rings the reachable leg of two, and not the unreachable one, in any order of their requests",
    { timeout: 120_000 },
    async () => {
      const url = `http://${host}:${ports.auth}/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword?key=demo`;
      const login = { email: secondDemo.email, password: secondDemo.password, returnSecureToken: true };
      const { idToken } = (await post(url, undefined, login)) as { idToken: string };
      const { token } = stack.fcm.createRegistration();
      const device = {
        deviceId: "phone-of-a-dead-leg",
        platform: "android",
        registration: { kind: "token", value: token },
      };
      await post(`${functionsUrl}/registerDevice`, idToken, { data: device });
      const headers = { authorization: `Bearer ${demo.pbxKey}`, "content-type": "application/json" };
      for (let nth = 0; nth < 20; nth += 1) {
        const callId = `legs.${nth}`;
        const living = { exten: demo.exten, ringId: `living.${nth}` };
        const dead = { exten: secondDemo.exten, ringId: `dead.${nth}` };
        const ask = (method: string, path: string, body: object) =>
          requestPbx(pbx, method, path, JSON.stringify(body), { headers });
        const { text } = await ringLegs(ask, callId, living, dead);
        assert.match(text, /"notified"/);
        assert.ok(ringsFor(callId, stack.fcm.messages(stack.demoToken)), `${callId}: the reachable leg is silent`);
        assert.ok(!ringsFor(callId, stack.fcm.messages(token)), `${callId}: the unreachable leg rings`);
        await ask("POST", `/calls/${callId}/end`, { dialstatus: "CANCEL" });
      }
    },
  );

  it("answers twelve calls that come at once", { timeout: 120_000 }, async () => {
    const headers = { authorization: `Bearer ${demo.pbxKey}`, "content-type": "application/json" };
    const answers = await Promise.all(
      Array.from({ length: 12 }, async (_, nth) => {
        const body = JSON.stringify({ call_id: `many.${nth}`, ring_id: "1", exten: demo.exten });
        return requestPbx(pbx, "POST", "/calls", body, { headers });
      }),
    );
    assert.deepEqual(
      answers.map(({ status, body }) => [status, body?.status]),
      answers.map(() => [200, "notified"]),
    );
  });

  it("answers in its own words where the Functions runtime has an answer of its own", async () => {
    const headers = { authorization: `Bearer ${demo.pbxKey}`, "content-type": "application/json" };
    const answer = await requestPbx(pbx, "POST", "/calls", '{"call_id":', { headers });
    assert.deepEqual([answer.status, answer.body?.error?.code], [400, "invalid_json"]);
  });

  it("finds a user by email in the real Auth emulator", async () => {
    const unknown = await requestPbx(pbx, "PUT", "/lines/0709", { email: "nobody@example.com" });
    assert.equal(unknown.body.error.code, "unknown_user");
    const known = await requestPbx(pbx, "PUT", "/lines/0709", { email: demo.email });
    assert.equal(known.status, 200, known.text);
  });

  it("passes the doctor's checks, the demo phone's registration included", async () => {
    const command = ["run", "--silent", "ops", "--", "doctor", "--json"];
    const root = fileURLToPath(new URL("../../", import.meta.url));
    const { stdout } = await promisify(execFile)("npm", command, { cwd: root });
    const findings = JSON.parse(stdout) as { check: string; level: string; seen: string }[];
    assert.deepEqual(
      findings.filter(({ level }) => level !== "ok"),
      [],
    );
    assert.ok(findings.some(({ seen }) => seen === "FCM knows the registration of demo-phone"));
  });

  it("runs a campaign when an operator starts one: the demo phone gets one silent push", async () => {
    const command = ["run", "--silent", "ops", "--", "campaign", "run", "saveLocation", "--project", projectId];
    const root = fileURLToPath(new URL("../../", import.meta.url));
    const { stdout } = await promisify(execFile)("npm", command, { cwd: root });
    assert.match(stdout, /^\d accepted, 0 unregistered, 0 failed, 0 skipped$/m);
    const pushes = stack.fcm.messages(stack.demoToken).map(({ message }) => message as any);
    const silent = pushes.filter(({ data }) => data.type === "silent");
    assert.deepEqual(
      silent.map(({ data }) => data),
      [{ type: "silent", campaign: "saveLocation" }],
    );
  });
});

// The last: its phones and keys stay.
describeCauses(() => stack.fcm);
