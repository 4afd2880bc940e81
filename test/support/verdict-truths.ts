import assert from "node:assert/strict";
import type { Group } from "../../functions/src/rings/group.ts";
import type { Verdict } from "../../functions/src/rings/verdict/verdict.ts";
import { Timestamp } from "./functions-admin-sdk.ts";

const timeOfDay = /\d\d:\d\d:\d\d\.\d{3}/g;
const spans = { en: /([\d.]+) (second|minute|hour|day)s?\b/g, ko: /([\d.]+)(초|분|시간|일)(?=[ ,.])/g };
const units = { 초: "second", 분: "minute", 시간: "hour", 일: "day" };

/** All times of a ring's record. */
function listTimes(value: unknown): readonly number[] {
  if (value instanceof Timestamp) return [value.toMillis()];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(listTimes) : [];
}

/** Its times are on record, both languages say the same ones, and what the cause implies is so. */
export function assertTrue({ ring: finding, phones }: Verdict, group: Group, tell: (ms: number) => string): void {
  const onRecord = new Set(group.flatMap(({ ring }) => listTimes(ring)).map(tell));
  for (const { cause, says } of [...phones, ...(finding === undefined ? [] : [finding])]) {
    const [ko, en] = [says.ko, says.en].map((text) => text.match(timeOfDay) ?? []);
    for (const time of en!) assert.ok(onRecord.has(time), `${cause} says ${time}`);
    assert.deepEqual(ko!.toSorted(), en!.toSorted(), cause);
    const inKorean = [...says.ko.matchAll(spans.ko)].map(([, count, unit]) => `${count} ${Reflect.get(units, unit!)}`);
    const inEnglish = [...says.en.matchAll(spans.en)].map(([, count, unit]) => `${count} ${unit}`);
    assert.deepEqual(inKorean.toSorted(), inEnglish.toSorted(), `${cause}: ${says.ko} ${says.en}`);
  }
  const [{ ring }] = group;
  const announced = ring.createdAt.toMillis();
  const stops = group.map(({ ring: one }) =>
    Math.min(...[one.answeredAt, one.endedAt, one.ringEndsAt].flatMap((time) => time?.toMillis() ?? [])),
  );
  const stop = Math.max(...stops);
  for (const { deviceId, cause } of phones) {
    const own = ring.phones[deviceId]!;
    const [accepted, received, ready] = [own.acceptedAt, own.receivedAt, own.readyAt].map((at) => at?.toMillis());
    const wasReady = ready !== undefined && ready <= stop;
    const isQuick = received !== undefined && received - (accepted ?? announced) <= 5000;
    switch (cause) {
      case "caller_gave_up":
        assert.ok(group.some(({ ring: one }) => one.endReason === "cancelled") || own.endReason === "cancelled");
        assert.ok(wasReady ? stop - ready < 3000 : stop - announced < 25_000, "the caller did not give up soon");
        break;
      case "ring_too_short":
        assert.ok(stop - announced < 25_000, "the ring was not short");
        break;
      case "interrupted":
        assert.ok(accepted === undefined || accepted - announced > 10_000, "a push had left");
        break;
      case "late":
      case "deprioritised":
        assert.ok(!wasReady, "it was ready");
        assert.ok(!isQuick || ready !== undefined, "it woke at once");
        break;
      case "not_answered":
      case "full_screen_off":
        assert.ok(wasReady, "it did not ring");
        break;
      case "phone_offline":
      case "battery_restricted":
      case "alert_only":
        assert.ok(received === undefined && ready === undefined && accepted !== undefined, "it reported");
        assert.ok(!(own.failedAt ?? own.declinedAt ?? own.answeredAt), "it reported");
        break;
      case "ended_by_phone":
        assert.ok((own.endedAt?.toMillis() ?? 0) < stop, "the ring was over");
        break;
      case "app_died":
        assert.notEqual(own.state, "answered");
        break;
      default:
    }
  }
}
