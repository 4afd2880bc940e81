import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { alice, startFunctions } from "../../support/functions.ts";

// A custom token may have any string of 1 to 128 characters as uid.
const odd = ["a/b", "/", ".", "..", "__name__"].map((uid) => ({ uid, email: "odd@example.com" }));
const functions = await startFunctions({}, [alice, ...odd]);
after(() => functions.close());

const registration = { kind: "token", value: functions.fcm.createRegistration().token };
const requests = {
  registerDevice: { deviceId: "phone-1", platform: "android", registration },
  unregisterDevice: { deviceId: "phone-1" },
  getServerSettings: {},
  muteCampaigns: { campaigns: [] },
  reportCall: { callId: "0f2c9a4e-6d1b-5c3a-9e7f-2b8d4a6c1e05", deviceId: "phone-1", event: "ready" },
};

describe("a user whose id cannot name a document", () => {
  for (const [name, data] of Object.entries(requests)) {
    it(`is refused by ${name}, and other users are served`, async () => {
      for (const who of odd) {
        const { status, body } = await functions.call(name as keyof typeof requests, who, data);
        assert.deepEqual([status, body.error.status], [400, "FAILED_PRECONDITION"], who.uid);
        assert.match(body.error.message, /user's id cannot be used/);
      }
      assert.notEqual((await functions.call("getServerSettings", alice, {})).status, 500);
    });
  }
});
