import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createEncoder } from "../../../functions/src/fcm/encode-message.ts";
import type { FcmMessage } from "../../../functions/src/fcm/message.ts";

const message: FcmMessage = {
  data: { a: '"가"' },
  android: { priority: "high", ttl: "30s" },
  webpush: { headers: { TTL: "30", Urgency: "high" } },
};

function encode(secondsLeft: number, from = message, encoder = createEncoder()): unknown {
  return JSON.parse(encoder(from, { kind: "token", value: 't"1' }, secondsLeft));
}

describe("the body of a send", () => {
  it("is the message with its target", () => {
    assert.deepEqual(encode(Number.POSITIVE_INFINITY), { message: { token: 't"1', ...message } });
    assert.deepEqual(encode(1, {}), { message: { token: 't"1' } });
  });

  it("names the target as FCM does", () => {
    const encoder = createEncoder();
    assert.deepEqual(JSON.parse(encoder({}, { kind: "fid", value: "f" }, 1)), { message: { fid: "f" } });
    assert.deepEqual(JSON.parse(encoder({}, { kind: "fcmTopic", value: "all" }, 1)), { message: { topic: "all" } });
  });

  it("limits the TTL to what is left until the push expires, also for a retry", () => {
    const encoder = createEncoder();
    const short = { android: { priority: "high", ttl: "12s" }, webpush: { headers: { TTL: "12", Urgency: "high" } } };
    assert.deepEqual(encode(30, message, encoder), { message: { token: 't"1', ...message } });
    assert.deepEqual(encode(12.9, message, encoder), { message: { token: 't"1', ...message, ...short } });
    assert.deepEqual(encode(60, message, encoder), { message: { token: 't"1', ...message } });
  });

  it("limits the TTL of android_v2 as well", () => {
    const remote_notification = { notification: { title: "Kim", body: "calls" } };
    const v2 = (ttl: `${number}s`): FcmMessage => ({ android_v2: { ttl, remote_notification } });
    assert.deepEqual(encode(30, v2("30s")), { message: { token: 't"1', ...v2("30s") } });
    assert.deepEqual(encode(60, v2("30s")), { message: { token: 't"1', ...v2("30s") } });
    assert.deepEqual(encode(12.9, v2("30s")), { message: { token: 't"1', ...v2("12s") } });
  });
});
