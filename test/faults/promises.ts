import assert from "node:assert/strict";
import { caller, type Setup } from "./setup.ts";
import { readData } from "./phone.ts";

/** The ten seconds that a PBX waits, plus a margin for a busy machine. */
const longestAnswerMs = 10_500;

/** Asserts the promises of docs/reliability.md for a call, under any fault. */
export async function assertPromises(setup: Setup, pbx = setup.pbx): Promise<void> {
  assert.ok(pbx.slowestMs <= longestAnswerMs, `the PBX waited for ${pbx.slowestMs} ms`);
  assertNoLatePush(setup, pbx);
  await assertRecorded(setup, pbx.answers);
  const { token } = setup.phones[0];
  for (const secret of [caller.callerId, caller.callerName, token]) {
    assert.ok(!setup.site.instance.output().includes(secret), "a secret reached the log");
  }
}

/** FCM accepts no call push after the phone's ring time, or after the PBX was told that the call is over. */
function assertNoLatePush({ phones, ringSeconds }: Setup, { wokenAt, endedAt }: Setup["pbx"]): void {
  const lastAt = Math.min(wokenAt + ringSeconds * 1000, endedAt);
  for (const message of phones.flatMap((phone) => phone.accepted())) {
    if (readData(message)["type"] !== "incoming_call") continue;
    const lateMs = Date.parse(message.acceptedAt) - lastAt;
    assert.ok(lateMs <= 0, `a call push left ${lateMs} ms too late`);
  }
}

/** A call that the PBX got an answer for is recorded, with an outcome for each phone. */
async function assertRecorded({ ring, phones }: Setup, answers: readonly string[]): Promise<void> {
  if (!answers.some((line) => line.startsWith("NOTIFIED") || line === "NAK push_failed")) return;
  const stored = await ring();
  assert.ok(stored?.ring.answer, "a call with an answer to the PBX is not recorded");
  const unknown = phones.filter(({ deviceId }) => stored.ring.phones[deviceId] === undefined);
  assert.deepEqual(
    unknown.map(({ deviceId }) => deviceId),
    [],
    "phones without an outcome",
  );
}
