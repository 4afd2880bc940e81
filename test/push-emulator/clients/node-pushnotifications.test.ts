import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

// @ts-expect-error -- it brings no types
import PushNotifications from "node-pushnotifications";

import type { PushEmulator } from "../../../packages/push-emulator/src/emulator.ts";
import { startRedirectedEmulator } from "./redirected-emulator.ts";
import { createServiceAccount } from "./service-account.ts";

const projectId = "demo-node-pushnotifications";

describe("node-pushnotifications", () => {
  let emulator: PushEmulator;

  before(async () => {
    emulator = await startRedirectedEmulator(projectId);
  });
  after(() => emulator.close());

  it("sends to many phones with a service account's key, and gets the error of the uninstalled one", async () => {
    const push = new PushNotifications({
      fcm: { appName: "test", serviceAccountKey: createServiceAccount(projectId) },
      isAlwaysUseFCM: true,
    });
    const [one, gone] = [emulator.createRegistration(), emulator.createRegistration()];
    emulator.setState(gone.token, "uninstalled");
    const [result] = await push.send([one.token, gone.token], {
      title: "Hello",
      body: "World",
      custom: { order: "7" },
    });
    assert.deepEqual([result.success, result.failure], [1, 1]);
    assert.match(result.message[1].errorMsg, /not found/);
    const [record] = emulator.messages(one.token);
    assert.ok(record);
    const { android } = record.message as { android: { notification: object } };
    assert.deepEqual(android.notification, { title: "Hello", body: "World" });
  });
});
