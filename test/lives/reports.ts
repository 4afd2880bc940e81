import type { Answer } from "./instance.ts";
import { complain, type Living } from "./living.ts";
import type { Phone } from "./phone.ts";

/** Waits until no phone has anything left to say. */
export async function quiet(living: Living): Promise<void> {
  while (living.reactions.length > 0) {
    const reactions = living.reactions;
    living.reactions = [];
    await Promise.all(reactions);
  }
}

/** Eager phones say at once what has come. */
export async function react(living: Living): Promise<void> {
  await Promise.all(
    living.phones.map(async (phone) => (phone.eagerness === "at once" ? reportNew(living, phone) : undefined)),
  );
}

/** A phone says that it has what has come, once for each call. */
export async function reportNew(living: Living, phone: Phone): Promise<void> {
  phone.read();
  for (const call of phone.calls.values()) {
    if (call.isReported || call.isOver) continue;
    call.isReported = true;
    for (const event of ["received", "ready"]) phone.hear(call, await report(living, phone, call.callId, event, 0));
  }
}

/** A phone says something of a call, and again when it has come into other hands meanwhile. */
export async function report(living: Living, phone: Phone, callId: string, event: string, nth: 0 | 1): Promise<Answer> {
  for (;;) {
    await phone.settled;
    const { uid, deviceId } = phone;
    const answer = await living.site.instances[nth].report(uid, deviceId, callId, event);
    living.log.push(`${phone.home.deviceId} ${event}: ${answer.status} ${JSON.stringify(answer.body)}`);
    if (answer.status === 500) throw new Error(complain(living, "a report was answered 500"), { cause: answer.body });
    if (answer.status !== 403) return answer;
    // Under the id that it had, the service knows it no longer.
    await phone.settled;
    if (phone.uid === uid && phone.deviceId === deviceId) return answer;
  }
}
