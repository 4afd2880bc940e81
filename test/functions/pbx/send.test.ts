import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { alice, startFunctions } from "../../support/functions.ts";
import { devicePath } from "../../support/line.ts";
import { badDeviceToken, invalidToken, invalidTokenOlder, payloadTooLarge } from "../fcm/documented-answers.ts";

const functions = await startFunctions();
after(() => functions.close());
beforeEach(() => {
  functions.fcm.clearFaults();
  functions.fcm.clearMessages();
});

/** Every token of these tests. */
const tokens = new Set<string>();

function install(): string {
  const { token } = functions.fcm.createRegistration();
  tokens.add(token);
  return token;
}

/** The one message that FCM accepted for a token. */
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
      fcm_options: { analytics_label: "send" },
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

  it("accepts the same as a form, with data as JSON text", async () => {
    const token = install();
    const form = new URLSearchParams({ fcm_token: token, ...request, data: '{"room":"7"}', call_type: "" });
    assert.equal((await functions.pbx("POST", "/send", form)).status, 200);
    const data = received(token).data;
    assert.deepEqual([data.room, data.caller_name, data.call_type], ["7", "홍길동", "voice"]);
  });

  it("replaces missing and null fields with empty strings", async () => {
    const token = install();
    await functions.pbx("POST", "/send", { fcm_token: token, title: "a", body: "b", caller_id: null });
    const data = received(token).data;
    assert.deepEqual([data.caller_id, data.caller_name, data.call_type], ["", "", "voice"]);
  });

  it("answers a dead token with 404 invalid_token and forgets its device", async () => {
    const token = install();
    await functions.call("registerDevice", alice, {
      deviceId: "gone",
      platform: "android",
      registration: { kind: "token", value: token },
    });
    functions.fcm.setState(token, "uninstalled");
    const answer = await functions.pbx("POST", "/send", { fcm_token: token, ...request });
    assert.deepEqual([answer.status, answer.body.error.code], [404, "invalid_token"]);
    assert.equal((await functions.services.db.doc(devicePath("gone")).get()).exists, false);
  });

  it("answers a token that FCM never issued with 404 invalid_token", async () => {
    const answer = await functions.pbx("POST", "/send", { fcm_token: "abc", ...request });
    assert.deepEqual([answer.status, answer.body.error.code], [404, "invalid_token"]);
  });

  /**
   * Registers a phone that FCM answers with this body, sends to it, and returns the answer and whether the device is left.
   */
  async function sendToPhone(deviceId: string, body: string) {
    const token = install();
    const registration = { kind: "token", value: token };
    await functions.call("registerDevice", alice, { deviceId, platform: "ios", registration });
    functions.fcm.addFault({ match: { token }, status: 400, body });
    const answer = await functions.pbx("POST", "/send", { fcm_token: token, ...request });
    const { exists } = await functions.services.db.doc(devicePath(deviceId)).get();
    return { answer: [answer.status, answer.body.error.code], text: answer.text, exists };
  }

  for (const [form, body] of Object.entries({ invalidToken, invalidTokenOlder })) {
    it(`answers FCM's ${form} with 404 invalid_token and forgets the device`, async () => {
      const { answer, exists } = await sendToPhone(form, body);
      assert.deepEqual([answer, exists], [[404, "invalid_token"], false]);
    });
  }

  it("keeps the device when FCM refuses the message", async () => {
    const { answer, exists } = await sendToPhone("kept", payloadTooLarge);
    assert.deepEqual([answer, exists], [[502, "push_failed"], true]);
  });

  it("keeps an iPhone that APNs does not know, and returns APNs' reason", async () => {
    const { answer, text, exists } = await sendToPhone("iphone", badDeviceToken);
    assert.deepEqual([answer, exists], [[502, "push_failed"], true]);
    assert.match(text, /INVALID_ARGUMENT\/BadDeviceToken/);
    const line = functions.logged.find((one) => one.includes("push_rejected") && one.includes("BadDeviceToken"));
    const { code, apnsReason } = JSON.parse(line ?? "{}");
    assert.deepEqual([code, apnsReason], ["INVALID_ARGUMENT", "BadDeviceToken"]);
  });

  it("answers refused credentials with 502 at once, and logs them", async () => {
    functions.fcm.addFault({ status: 401, error_code: "UNAUTHENTICATED", times: 2 });
    const { sends } = functions.fcm.counters;
    const answer = await functions.pbx("POST", "/send", { fcm_token: install(), ...request });
    assert.deepEqual([answer.status, answer.body.error.code], [502, "push_failed"]);
    assert.match(answer.body.error.message, /UNAUTHENTICATED/);
    assert.equal(functions.fcm.counters.sends - sends, 1);
    assert.equal(functions.logged.filter((line) => line.includes("fcm_credentials_refused")).length, 1);
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
  it("sends the documented message to every token and returns the results in their order", async () => {
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
      fcm_options: { analytics_label: "send" },
      apns: { payload: { aps: { sound: "default", badge: 1 } } },
    });
    assert.ok(timestamp);
  });

  it("sends once to a token that is given three times, and returns its result three times", async () => {
    const [twice, once, gone] = [install(), install(), install()];
    functions.fcm.setState(gone, "uninstalled");
    const batch = [twice, gone, once, twice, twice, gone];
    const { status, body } = await functions.pbx("POST", "/send-batch", { tokens: batch, title: "a", body: "b" });
    assert.equal(status, 200);
    const { results, timestamp: _, ...counts } = body;
    assert.deepEqual(counts, { success: false, success_count: 4, failure_count: 2, duplicate_count: 3 });
    assert.deepEqual(
      results.map(({ message_id, error }: any) => message_id ?? error),
      [0, 1, 2, 0, 0, 1].map((index) => results[index].message_id ?? "invalid_token"),
    );
    assert.notEqual(results[0].message_id, results[2].message_id);
    assert.deepEqual([functions.fcm.messages(twice).length, functions.fcm.messages(once).length], [1, 1]);
  });

  it("returns APNs' reason for each iPhone", async () => {
    const token = install();
    functions.fcm.addFault({ match: { token }, status: 400, body: badDeviceToken });
    const { body } = await functions.pbx("POST", "/send-batch", { tokens: [token], title: "a", body: "b" });
    assert.deepEqual(body.results, [{ success: false, error: "INVALID_ARGUMENT", apns_reason: "BadDeviceToken" }]);
  });

  it("accepts 500 tokens of FCM's length", async () => {
    const batch = Array.from({ length: 500 }, () => functions.fcm.createRegistration().token);
    const answer = await functions.pbx("POST", "/send-batch", { tokens: batch, title: "a", body: "b" });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.body.results.length, 500);
  });
});
