import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { alice, startFunctions } from "../../support/functions.ts";

const functions = await startFunctions();
after(() => functions.close());
beforeEach(() => {
  functions.fcm.clearMessages();
});

/** Every token these tests have used. */
const tokens = new Set<string>();

function install(): string {
  const { token } = functions.fcm.createRegistration();
  tokens.add(token);
  return token;
}

/** The one message FCM accepted for a token. */
function received(token: string): any {
  const messages = functions.fcm.messages(token);
  assert.equal(messages.length, 1);
  return messages[0]?.message;
}

const request = {
  title: "수신전화",
  body: "홍길동님의 전화",
  caller_id: "01012345678",
  caller_name: "홍길동",
  call_type: "voice",
};

describe("POST /send", () => {
  it("sends exactly the documented message", async () => {
    const token = install();
    const answer = await functions.pbx("POST", "/send", { fcm_token: token, ...request });
    assert.equal(answer.status, 200);
    const { timestamp } = received(token).data;
    assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const notification = { title: "수신전화", body: "홍길동님의 전화" };
    const documented = {
      token,
      notification,
      data: { caller_id: "01012345678", caller_name: "홍길동", call_type: "voice", timestamp },
      android: {
        priority: "high",
        notification: { sound: "default", notification_priority: "PRIORITY_MAX", channel_id: "calls" },
      },
      apns: {
        payload: {
          aps: {
            alert: notification,
            sound: "default",
            badge: 1,
            category: "CALL_CATEGORY",
            "thread-id": "incoming_call",
          },
        },
      },
    };
    assert.equal(functions.fcm.messages(token)[0]?.messageText, JSON.stringify(documented));
    assert.deepEqual(Object.keys(answer.body), ["success", "message_id", "timestamp"]);
    assert.equal(answer.body.success, true);
    assert.match(answer.body.message_id, new RegExp(`^projects/${functions.projectId}/messages/`));
  });

  it("takes the same as a form, with data as JSON text", async () => {
    const token = install();
    const form = new URLSearchParams({ fcm_token: token, ...request, data: '{"room":"7"}', call_type: "" });
    assert.equal((await functions.pbx("POST", "/send", form)).status, 200);
    const data = received(token).data;
    assert.deepEqual([data.room, data.caller_name, data.call_type], ["7", "홍길동", "voice"]);
  });

  it("fills what is left out or null with empty strings", async () => {
    const token = install();
    await functions.pbx("POST", "/send", { fcm_token: token, title: "a", body: "b", caller_id: null });
    const data = received(token).data;
    assert.deepEqual([data.caller_id, data.caller_name, data.call_type], ["", "", "voice"]);
  });

  it("answers a token that is gone with 404 invalid_token and forgets the device that had it", async () => {
    const token = install();
    await functions.call("registerDevice", alice, {
      deviceId: "gone",
      platform: "android",
      registration: { kind: "token", value: token },
    });
    functions.fcm.setState(token, "uninstalled");
    const answer = await functions.pbx("POST", "/send", { fcm_token: token, ...request });
    assert.deepEqual([answer.status, answer.body.error.code], [404, "invalid_token"]);
    assert.equal((await functions.services.db.doc("devices/gone").get()).exists, false);
  });

  it("answers a token FCM never issued with 404 invalid_token", async () => {
    const answer = await functions.pbx("POST", "/send", { fcm_token: "abc", ...request });
    assert.deepEqual([answer.status, answer.body.error.code], [404, "invalid_token"]);
  });

  it("answers a refusal by FCM with 502 push_failed", async () => {
    const token = install();
    functions.fcm.addFault({ error_code: "THIRD_PARTY_AUTH_ERROR", status: 401 });
    const answer = await functions.pbx("POST", "/send", { fcm_token: token, ...request });
    assert.deepEqual([answer.status, answer.body.error.code], [502, "push_failed"]);
    assert.match(answer.body.error.message, /THIRD_PARTY_AUTH_ERROR/);
  });

  it("never logs a token or a caller", () => {
    const text = functions.logged.join("\n");
    assert.ok(text.includes("pushes_sent"));
    assert.doesNotMatch(text, /홍길동|01012345678/);
    for (const token of tokens) assert.equal(text.includes(token), false);
  });
});

describe("POST /send-batch", () => {
  it("sends the documented message to every token and answers in their order", async () => {
    const batch = [1, 2, 3].map(() => install());
    functions.fcm.setState(batch[1]!, "uninstalled");
    const answer = await functions.pbx("POST", "/send-batch", {
      tokens: batch,
      title: "알림",
      body: "점검",
      data: { kind: "ops" },
    });
    assert.equal(answer.status, 200);
    const { timestamp, results, ...counts } = answer.body;
    assert.deepEqual(counts, { success: false, success_count: 2, failure_count: 1 });
    assert.deepEqual(
      results.map(({ success, error }: { success: boolean; error?: string }) => [success, error]),
      [
        [true, undefined],
        [false, "invalid_token"],
        [true, undefined],
      ],
    );
    assert.deepEqual(received(batch[0]!), {
      token: batch[0],
      notification: { title: "알림", body: "점검" },
      data: { kind: "ops" },
      apns: { payload: { aps: { sound: "default", badge: 1 } } },
    });
    assert.ok(timestamp);
  });

  it("takes 500 tokens as long as FCM's", async () => {
    const batch = Array.from({ length: 500 }, () => functions.fcm.createRegistration().token);
    const answer = await functions.pbx("POST", "/send-batch", { tokens: batch, title: "a", body: "b" });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.body.results.length, 500);
  });
});
