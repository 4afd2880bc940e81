import type { Ring } from "../../functions/src/rings/ring.ts";
import type { Services } from "../../functions/src/services.ts";
import { createTestClock } from "../support/clock.ts";
import { Timestamp } from "../support/functions-admin-sdk.ts";
import type { TestFunctions } from "../support/functions.ts";

/** The calls of these tests come at 14:03:02.120 in Seoul, and so many milliseconds later. */
export const began = Date.parse("2026-11-30T05:03:02.120Z");

/** A time of a ring, as Firestore stores it. */
export const at = (ms: number) => Timestamp.fromMillis(began + ms);

/** An operator asks ten minutes after the first call. */
export function askLater({ services }: TestFunctions, ms = 600_000): Services {
  return { ...services, clock: createTestClock(began + ms) };
}

/** Fields of a ring; one that is `undefined` is left out. */
type Fields = { readonly [Key in keyof Ring]?: Ring[Key] | undefined };

/** Stores a ring of thirty seconds that nobody answered; `ms` is when it began. */
export async function saveRing({ services }: TestFunctions, id: string, fields: Fields = {}, ms = 0) {
  const { pbxId = "pbx-1", linkedId = `${id}.1` } = fields;
  const ring = {
    callKey: `${pbxId}~${linkedId}`,
    pbxId,
    linkedId,
    exten: "07045144801",
    uid: "alice",
    callerId: "01012345678",
    callerName: "홍길동",
    callType: "voice",
    status: "notified",
    claim: { by: "request", until: at(ms + 8500) },
    answer: { status: "notified", devices: 1, accepted: 1 },
    phones: { "phone-1": { state: "accepted", acceptedAt: at(ms + 180) } },
    createdAt: at(ms),
    ringEndsAt: at(ms + 30_000),
    removeAt: at(ms + 2_592_000_000),
    ...fields,
  };
  const known = Object.entries(ring).filter(([, value]) => value !== undefined);
  await services.db.doc(`rings/${id}`).set(Object.fromEntries(known));
}
