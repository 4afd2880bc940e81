import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { bulkBudget } from "../../../functions/src/fcm/bulk-budget.ts";
import { createFcmClient, type FcmClient } from "../../../functions/src/fcm/client.ts";
import type { FcmMessage } from "../../../functions/src/fcm/message.ts";
import { buildCallEndPush } from "../../../functions/src/messages/call-end-push.ts";
import { buildCallPush } from "../../../functions/src/messages/call-push.ts";
import { buildNoticePush } from "../../../functions/src/messages/notice-push.ts";
import { buildSilentPush } from "../../../functions/src/messages/silent-push.ts";
import { callBudget, sendBudget, type Budget } from "../../../functions/src/transport/budget.ts";
import { startPushEmulator, type PushEmulator } from "../../../packages/push-emulator/src/emulator.ts";

const quick: Budget = { ...sendBudget(), retryDelayMs: (_, retries) => (retries === 0 ? 1 : undefined) };
const now = Date.now();
const alert = { title: "김철수", body: "전화가 왔습니다" };
const callPush = buildCallPush({
  callId: `pbx-1~${"a".repeat(128)}`,
  linkedId: "a".repeat(128),
  exten: "07045144801",
  callerId: "01012345678",
  callerName: "김철수",
  callType: "voice",
  now,
  ringEndsAt: now + 30_000,
  alert,
});

let emulator: PushEmulator;
let client: FcmClient;

describe("the FCM client and the FCM emulator", () => {
  before(async () => {
    emulator = await startPushEmulator({ port: 0 });
  });
  after(() => emulator.close());
  beforeEach(() => {
    emulator.clearFaults();
    emulator.clearMessages();
    client = createFcmClient({ projectId: "demo-pbx-push", emulatorHost: emulator.address });
  });
  afterEach(() => client.close());

  const pushes: Record<string, FcmMessage> = {
    call: callPush,
    "call end": buildCallEndPush({ callId: "1.1", now, reason: "cancelled", alert }),
    "call end elsewhere": buildCallEndPush({ callId: "1.1", now }),
    silent: buildSilentPush({ source: { campaign: "saveLocation" }, now, ttlSeconds: 1500 }),
    notice: buildNoticePush({ source: { campaign: "pathDaily" }, ...alert, now, ttlSeconds: 3600 }),
  };
  for (const [name, push] of Object.entries(pushes)) {
    for (const platform of ["android", "ios", "web"] as const) {
      it(`agree on a ${name} push for ${platform}`, async () => {
        const { token } = emulator.createRegistration({ platform });
        const outcome = await client.send({ kind: "token", value: token }, push, quick);
        const [message] = emulator.messages(token);
        assert.deepEqual(message?.message, { token, ...push });
        assert.equal(
          outcome.status === "accepted" && outcome.messageId,
          `projects/demo-pbx-push/messages/${message?.id}`,
        );
      });
    }
  }

  it("agree on an uninstalled app and an unknown registration", async () => {
    const { token } = emulator.createRegistration();
    emulator.setState(token, "uninstalled");
    // All tests of a process are loaded before the first runs: that may take longer than a ring.
    const budget = callBudget({ ringEndsAt: Date.now() + 30_000 });
    const gone = await client.send({ kind: "token", value: token }, callPush, budget);
    assert.deepEqual(gone, { status: "unregistered", code: "UNREGISTERED" });
    const unknown = await client.send({ kind: "token", value: "never-issued" }, callPush, quick);
    assert.deepEqual(unknown, { status: "unregistered", code: "INVALID_ARGUMENT" });
  });

  it("deliver a push after a reset connection", async () => {
    const { token } = emulator.createRegistration();
    emulator.addFault({ drop: true });
    const outcome = await client.send({ kind: "token", value: token }, callPush, quick);
    assert.equal(outcome.status, "accepted");
  });

  it("handle many concurrent sends", async () => {
    const items = Array.from({ length: 300 }, () => ({
      target: { kind: "token", value: emulator.createRegistration().token } as const,
      message: callPush,
    }));
    let accepted = 0;
    for await (const { outcome } of client.sendEach(items, bulkBudget())) {
      if (outcome.status === "accepted") accepted++;
    }
    assert.equal(accepted, 300);
    assert.ok(emulator.counters.connections <= 200);
  });
});
