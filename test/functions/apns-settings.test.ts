import assert from "node:assert/strict";
import { after, it } from "node:test";
import { demoApnsKey } from "../../packages/push-emulator/src/apns/demo-key.ts";
import { alice, startFunctions } from "../support/functions.ts";
import { addPhone, call, exten } from "../support/line.ts";

const functions = await startFunctions({
  APNS_KEY: demoApnsKey.key,
  APNS_KEY_ID: "not an id",
  APNS_TEAM_ID: demoApnsKey.teamId,
  APNS_TOPICS: "com.example.app.voip",
});
after(() => functions.close());

const { fcm } = functions;

it("a deployment with a wrong setting of APNs rings every phone by FCM, and says so once", async () => {
  await functions.pbx("PUT", `/lines/${exten}`, { uid: alice.uid });
  const android = await addPhone(functions, "android");
  const { token, voipToken } = fcm.createRegistration({ platform: "ios" });
  const voip = { token: voipToken, topic: "com.example.app.voip", environment: "production" };
  const iphone = { deviceId: "iphone", platform: "ios", registration: { kind: "token", value: token }, voip };
  assert.equal((await functions.call("registerDevice", alice, iphone)).status, 200);
  for (const call_id of ["first", "second"]) {
    const { status, body } = await functions.pbx("POST", "/calls", { ...call, call_id });
    assert.deepEqual([status, body.accepted], [200, 2]);
  }
  for (const phone of [android, token]) {
    assert.deepEqual(
      fcm.messages(phone).map(({ channel }) => channel),
      ["fcm", "fcm"],
    );
  }
  const [line, ...more] = functions.logged.filter((one) => one.includes("apns_unusable"));
  assert.deepEqual(more, []);
  const { severity, message, error } = JSON.parse(line!);
  assert.deepEqual([severity, message], ["ERROR", "apns_unusable"]);
  assert.match(error.message, /APNS_KEY_ID/);
  assert.ok(!line!.includes("PRIVATE KEY"));
});
