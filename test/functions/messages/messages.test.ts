import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { buildCallEndPush } from "../../../functions/src/messages/call-end-push.ts";
import { buildCallPush, type CallPush } from "../../../functions/src/messages/call-push.ts";
import { buildNoticePush } from "../../../functions/src/messages/notice-push.ts";
import { buildSilentPush } from "../../../functions/src/messages/silent-push.ts";

const now = Date.UTC(2026, 10, 2, 3, 4, 5);

const call: CallPush = {
  callId: "pbx-1~1762052645.17",
  linkedId: "1762052645.17",
  exten: "07045144801",
  callerId: "01012345678",
  callerName: "김철수",
  callType: "voice",
  now,
  ringEndsAt: now + 29_900,
  alert: { title: "김철수", body: "전화가 왔습니다" },
};

function readFixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), "utf8"));
}

function collapseIdOf(callId: string): string {
  return buildCallPush({ ...call, callId }).apns?.headers?.["apns-collapse-id"] ?? "";
}

describe("a call push", () => {
  it("is data only, with high priority, and expires with the ring time", () => {
    assert.deepEqual(buildCallPush(call), readFixture("call"));
  });

  it("has android_v2 instead of android for an app that says that it knows it", () => {
    const { android, android_v2: v2, ...push } = buildCallPush({ ...call, androidV2: true });
    const { android: _, ...usual } = buildCallPush(call);
    assert.deepEqual(push, usual);
    assert.equal(android, undefined);
    const remote_notification = { notification: call.alert, mutable_content: true, use_as_v1_data_message: true };
    assert.deepEqual(v2, { ttl: "29s", remote_notification });
  });

  it("has a TTL of 0 in the last second of the ring time", () => {
    assert.equal(buildCallPush({ ...call, ringEndsAt: now + 999 }).android?.ttl, "0s");
  });

  it("never has a negative TTL", () => {
    assert.equal(buildCallPush({ ...call, ringEndsAt: now - 5000 }).android?.ttl, "0s");
  });

  it("limits the collapse id of a long call id to APNs' 64 bytes, stable and unique for each call", () => {
    const long = `pbx-1~${"a".repeat(128)}`;
    assert.ok(Buffer.byteLength(collapseIdOf(long)) <= 64);
    assert.equal(collapseIdOf(long), collapseIdOf(long));
    assert.notEqual(collapseIdOf(long), collapseIdOf(`${long}b`));
    assert.equal(collapseIdOf("x".repeat(64)), "x".repeat(64));
  });

  it("collapses with the push that ends it", () => {
    const callId = `pbx-1~${"a".repeat(128)}`;
    const end = buildCallEndPush({ callId, now, reason: "cancelled", alert: call.alert });
    assert.equal(end.apns?.headers?.["apns-collapse-id"], collapseIdOf(callId));
  });
});

describe("a call end push", () => {
  it("is data only and replaces the alert without a sound", () => {
    const alert = { title: "김철수", body: "다른 기기에서 받았습니다" };
    const push = buildCallEndPush({ callId: call.callId, now, reason: "answered_elsewhere", alert });
    assert.deepEqual(push, readFixture("call-end"));
  });

  it("has only the end of the call for a phone that has changed its owner", () => {
    const { data, apns } = buildCallEndPush({ callId: call.callId, now });
    assert.deepEqual(data, { type: "call_ended", callId: call.callId });
    assert.deepEqual(apns?.payload, { aps: { "content-available": 1 } });
    assert.equal(apns?.headers?.["apns-push-type"], "background");
  });
});

describe("a silent push", () => {
  it("shows nothing and collapses by its campaign", () => {
    const push = buildSilentPush({ source: { campaign: "saveLocation" }, now, ttlSeconds: 1500 });
    assert.deepEqual(push, readFixture("silent"));
  });

  it("collapses by the id of its push when it has no campaign", () => {
    const push = buildSilentPush({ source: { pushId: "p1" }, data: { a: "b" }, now, ttlSeconds: 60 });
    assert.deepEqual(push.data, { a: "b", type: "silent" });
    assert.equal(push.android?.collapse_key, "p1");
    assert.deepEqual(push.fcm_options, { analytics_label: "reserved" });
    assert.equal(push.apns?.payload.aps["thread-id"], "p1");
  });
});

describe("a notice", () => {
  const source = { campaign: "pathDaily" };
  const texts = { title: "From Wolley 🗓", body: "일주일 동안의 기록을 확인해보세요!" };

  it("is shown by the system, and once only", () => {
    const push = buildNoticePush({ source, ...texts, data: { week: "44" }, now, ttlSeconds: 21_600 });
    assert.deepEqual(push, readFixture("notice"));
  });

  it("has its own type and campaign whatever the extra data", () => {
    const data = { type: "incoming_call", campaign: "other" };
    const push = buildNoticePush({ source, ...texts, data, now, ttlSeconds: 60 });
    assert.deepEqual(push.data, { type: "notice", campaign: "pathDaily" });
  });
});
