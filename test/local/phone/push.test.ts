import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parsePush } from "../../../local/phone/page/stack/push.ts";

const data = { type: "incoming_call", callId: "ring-1" };
const alert = { title: "홍길동", body: "수신전화" };
const notification = { title: "Notice", body: "of a campaign" };
const headers = { "apns-collapse-id": "ring-1" };

function receive(platform: "android" | "ios", message: object) {
  return parsePush(JSON.stringify({ channel: "fcm", message }), platform);
}

describe("a push that reaches a virtual phone", () => {
  it("has the data at the top level of a VoIP push, beside aps", () => {
    const record = { channel: "apns", payload: { aps: { alert }, ...data } };
    assert.deepEqual(parsePush(JSON.stringify(record), "ios"), { channel: "apns", data });
  });

  it("has an alert on an iPhone, which replaces the one with its collapse id, and none on Android", () => {
    const message = { data, apns: { headers, payload: { aps: { alert } } } };
    assert.deepEqual(receive("ios", message), { channel: "fcm", data, text: { ...alert, id: "ring-1" } });
    assert.deepEqual(receive("android", message), { channel: "fcm", data });
  });

  it("goes to an iPhone's app as well if its alert says so", () => {
    const message = { data, apns: { headers, payload: { aps: { alert, "content-available": 1 } } } };
    const text = { ...alert, id: "ring-1" };
    assert.deepEqual(receive("ios", message), { channel: "fcm", data, text, wakesApp: true });
    assert.deepEqual(receive("android", { ...message, notification }).wakesApp, undefined);
  });

  it("has a notification on both, which replaces the one with its tag on Android", () => {
    const message = { notification, android: { notification: { tag: "weekly" } } };
    assert.deepEqual(receive("ios", message).text, notification);
    assert.deepEqual(receive("android", message).text, { ...notification, id: "weekly" });
    assert.deepEqual(receive("ios", { notification, apns: { payload: { aps: { alert: "short" } } } }).text, {
      title: "",
      body: "short",
    });
  });

  it("has no text if it is a background push", () => {
    const message = { data, apns: { headers, payload: { aps: { "content-available": 1 } } } };
    assert.deepEqual(receive("ios", message), { channel: "fcm", data });
  });
});
