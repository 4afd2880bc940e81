import assert from "node:assert/strict";
import { caller, type Bench } from "./bench.ts";
import { readData } from "./phone.ts";

/** The ten seconds a PBX waits, and what a busy machine takes of them. */
const longestAnswerMs = 10_500;

/** What is promised of any call, whatever goes wrong: see docs/reliability.md. */
export async function assertPromises(bench: Bench, pbx = bench.pbx): Promise<void> {
  assert.ok(pbx.slowestMs <= longestAnswerMs, `the PBX waited for ${pbx.slowestMs} ms`);
  assertNoLatePush(bench, pbx);
  await assertRecorded(bench, pbx.heard);
  const { token } = bench.phones[0];
  for (const secret of [caller.callerId, caller.callerName, token]) {
    assert.ok(!bench.site.instance.output().includes(secret), "a secret reached the log");
  }
}

/** No call push is taken by FCM when the phone has stopped ringing, or the PBX has been told that the call is over. */
function assertNoLatePush({ phones, ringSeconds }: Bench, { wokenAt, endedAt }: Bench["pbx"]): void {
  const lastAt = Math.min(wokenAt + ringSeconds * 1000, endedAt);
  for (const message of phones.flatMap((phone) => phone.accepted())) {
    if (readData(message)["type"] !== "incoming_call") continue;
    const lateMs = Date.parse(message.acceptedAt) - lastAt;
    assert.ok(lateMs <= 0, `a call push left ${lateMs} ms too late`);
  }
}

/** A call that the PBX was given an answer for is on record, and what became of each of its phones. */
async function assertRecorded({ ring, phones }: Bench, heard: readonly string[]): Promise<void> {
  if (!heard.some((line) => line.startsWith("NOTIFIED") || line === "NAK push_failed")) return;
  const stored = await ring();
  assert.ok(stored?.ring.answer, "a call that was answered for is not on record");
  const unknown = phones.filter(({ deviceId }) => stored.ring.phones[deviceId] === undefined);
  assert.deepEqual(
    unknown.map(({ deviceId }) => deviceId),
    [],
    "phones without an outcome",
  );
}
