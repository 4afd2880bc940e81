import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

// @ts-expect-error -- it brings no types
import { ParsePushAdapter } from "@parse/push-adapter";

import type { PushEmulator } from "../../../packages/push-emulator/src/emulator.ts";
import { startRedirectedEmulator } from "./redirected-emulator.ts";
import { createServiceAccount } from "./service-account.ts";

const projectId = "demo-parse";

describe("@parse/push-adapter", () => {
  let emulator: PushEmulator;

  before(async () => {
    emulator = await startRedirectedEmulator(projectId);
  });
  after(() => emulator.close());

  it("sends to Android phones and iPhones, and gets the error of the uninstalled one", async () => {
    const firebaseServiceAccount = createServiceAccount(projectId);
    const adapter = new ParsePushAdapter({ android: { firebaseServiceAccount }, ios: { firebaseServiceAccount } });
    const [android, ios, gone] = [
      emulator.createRegistration(),
      emulator.createRegistration({ platform: "ios" }),
      emulator.createRegistration(),
    ];
    emulator.setState(gone.token, "uninstalled");
    const results = await adapter.send({ data: { alert: "Hello" } }, [
      { deviceType: "android", deviceToken: android.token },
      { deviceType: "ios", deviceToken: ios.token },
      { deviceType: "android", deviceToken: gone.token },
    ]);
    const transmitted = new Map(
      results.map(({ device, transmitted: isSent }: { device: { deviceToken: string }; transmitted: boolean }) => [
        device.deviceToken,
        isSent,
      ]),
    );
    assert.deepEqual(
      [android, ios, gone].map(({ token }) => transmitted.get(token)),
      [true, true, false],
    );
    assert.deepEqual(
      [android, ios, gone].map(({ token }) => emulator.messages(token).length),
      [1, 1, 0],
    );
  });
});
