import type { Answer } from "./instance.ts";
import { describeFailure, type LifeRun } from "./life-run.ts";
import type { Phone } from "./phone.ts";

/** Waits until no phone has a report left to send. */
export async function settleReports(run: LifeRun): Promise<void> {
  while (run.reactions.length > 0) {
    const reactions = run.reactions;
    run.reactions = [];
    await Promise.all(reactions);
  }
}

/** Lets eager phones report their new pushes at once. */
export async function react(run: LifeRun): Promise<void> {
  await Promise.all(
    run.phones.map(async (phone) => (phone.eagerness === "at once" ? reportNew(run, phone) : undefined)),
  );
}

/** Reports `received` and `ready`, once for each call. */
export async function reportNew(run: LifeRun, phone: Phone): Promise<void> {
  phone.read();
  for (const call of phone.calls.values()) {
    if (call.isReported || call.isOver) continue;
    call.isReported = true;
    for (const event of ["received", "ready"]) phone.hear(call, await repeatReport(run, phone, call.callId, event));
  }
}

/** Sends a report until an instance answers, as the client library does. */
async function repeatReport(run: LifeRun, phone: Phone, callId: string, event: string): Promise<Answer> {
  const answer = await report(run, phone, callId, event, 0);
  return answer.status === 0 ? report(run, phone, callId, event, 1) : answer;
}

/** Sends a phone's report, and sends it again when the phone's owner or id changed in the meantime. */
export async function report(run: LifeRun, phone: Phone, callId: string, event: string, nth: 0 | 1): Promise<Answer> {
  for (;;) {
    await phone.settled;
    const { uid, deviceId } = phone;
    const answer = await run.site.instances[nth].report(uid, deviceId, callId, event);
    run.note(`${phone.home.deviceId} ${event}: ${answer.status} ${JSON.stringify(answer.body)}`);
    if (answer.status === 500)
      throw new Error(describeFailure(run, "a report was answered 500"), { cause: answer.body });
    if (answer.status !== 403) return answer;
    // The service no longer knows the phone by its former owner or id.
    await phone.settled;
    if (phone.uid === uid && phone.deviceId === deviceId) return answer;
  }
}
