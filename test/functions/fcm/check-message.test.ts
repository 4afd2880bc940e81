import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkMessage } from "../../../functions/src/fcm/check-message.ts";
import type { FcmMessage } from "../../../functions/src/fcm/message.ts";
import { countPayloadBytes } from "../../../functions/src/fcm/payload-size.ts";

const token = { kind: "token" } as const;
const fcmTopic = { kind: "fcmTopic" } as const;

function codesOf(message: FcmMessage, target: { kind: "token" | "fid" | "fcmTopic" } = token): string[] {
  return checkMessage(message, target).map(({ code }) => code);
}

describe("the size of a message", () => {
  it("is the length of the keys and values of its data", () => {
    assert.equal(countPayloadBytes({ data: { ab: "cde", f: "" } }), 6);
  });

  it("is limited to 4096 bytes of JSON for APNs", () => {
    const braces = '{"k":""}'.length;
    assert.deepEqual(codesOf({ data: { k: "x".repeat(4096 - braces) } }), []);
    assert.deepEqual(codesOf({ data: { k: "x".repeat(4097 - braces) } }), ["payload_too_large"]);
  });

  it("is limited to 2048 bytes of keys and values for a topic", () => {
    assert.deepEqual(codesOf({ data: { k: "x".repeat(2047) } }, fcmTopic), []);
    assert.deepEqual(codesOf({ data: { k: "x".repeat(2048) } }, fcmTopic), ["payload_too_large"]);
  });

  it("counts a Korean syllable as its three bytes in UTF-8", () => {
    assert.equal(countPayloadBytes({ data: { k: "전화" } }), 7);
    assert.deepEqual(codesOf({ data: { k: "가".repeat(1362) } }), []);
    assert.deepEqual(codesOf({ data: { k: "가".repeat(1363) } }), ["payload_too_large"]);
  });

  for (const [name, character, bytes] of [
    ["a quotation mark", '"', 2],
    ["a backslash", "\\", 2],
    ["a line feed", "\n", 2],
    ["another control character", "\u0001", 6],
    ["half a surrogate pair", "\ud83d", 6],
    ["an emoji", "🙂", 4],
  ] as const) {
    it(`counts ${name} as its ${bytes} bytes in JSON`, () => {
      const most = Math.floor((4096 - '{"k":""}'.length) / bytes);
      assert.deepEqual(codesOf({ data: { k: character.repeat(most) } }), []);
      assert.deepEqual(codesOf({ data: { k: character.repeat(most + 1) } }), ["payload_too_large"]);
    });
  }

  it("counts JSON in a topic's message and in an alert as well", () => {
    assert.deepEqual(codesOf({ data: { k: '"'.repeat(2040) } }, fcmTopic), []);
    assert.deepEqual(codesOf({ data: { k: "\u0001".repeat(2040) } }, fcmTopic), ["payload_too_large"]);
    const notification = { title: "t", body: '"'.repeat(2040) };
    assert.deepEqual(codesOf({ notification }), ["payload_too_large"]);
    assert.deepEqual(codesOf({ apns: { payload: { aps: { alert: notification } } } }), ["payload_too_large"]);
  });

  it("is reported with the exceeded limit", () => {
    const told = (message: FcmMessage, target: { kind: "token" | "fcmTopic" }) =>
      checkMessage(message, target)[0]?.message;
    assert.equal(
      told({ data: { k: '"'.repeat(3947) } }, token),
      "must have at most 4096 bytes as JSON for APNs, not 7902",
    );
    assert.equal(
      told({ data: { k: "x".repeat(4096) } }, token),
      "must have at most 4096 bytes of keys and values for FCM, not 4097",
    );
    assert.equal(
      told({ data: { k: "x".repeat(2048) } }, fcmTopic),
      "must have at most 2048 bytes of keys and values for FCM, not 2049",
    );
  });

  it("counts the notification, too, and its texts once although iOS has them in the alert", () => {
    const notification = { title: "a".repeat(20), body: "b".repeat(2000) };
    const apns = { payload: { aps: { alert: notification } } };
    assert.equal(countPayloadBytes({ notification }), 2029);
    assert.equal(countPayloadBytes({ notification, apns }), 2029 + "apsalert".length);
  });

  it("is that of the platform with the most bytes", () => {
    const data = { k: "v" };
    const apns = { payload: { aps: { alert: { title: "t", body: "b".repeat(4096) } } } };
    assert.deepEqual(codesOf({ data, apns }), ["payload_too_large"]);
    assert.equal(countPayloadBytes({ data, android: { priority: "high", notification: { sound: "default" } } }), 14);
  });
});

describe("the data of a message", () => {
  it("cannot use the keys that FCM reserves", () => {
    for (const key of ["from", "message_type", "gcm", "google.c.a.e", "gcm.notification.title"]) {
      assert.deepEqual(
        checkMessage({ data: { [key]: "x" } }, token).map(({ code, path }) => ({ code, path })),
        [{ code: "reserved_key", path: `data.${key}` }],
      );
    }
  });

  it("can use keys that only look like reserved ones", () => {
    assert.deepEqual(codesOf({ data: { fromName: "x", google: "x", gcmId: "x", From: "x" } }), []);
  });

  it("has only strings", () => {
    const data: Record<string, string> = JSON.parse('{"badge":1,"ok":"1"}');
    assert.deepEqual(
      checkMessage({ data }, token).map(({ code, path }) => ({ code, path })),
      [{ code: "invalid_value", path: "data.badge" }],
    );
  });
});
