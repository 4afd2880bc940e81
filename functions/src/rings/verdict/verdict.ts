import { groupOf } from "../find-rings.ts";
import type { StoredRing } from "../ring.ts";
import { failedRows } from "./failed-rows.ts";
import { findCause, type Finding, type Row } from "./finding.ts";
import { lateRows } from "./late-rows.ts";
import { overRows } from "./over-rows.ts";
import { buildCase, type PhoneCase } from "./phone-case.ts";
import { rangRows } from "./rang-rows.ts";
import { refusedRows } from "./refused-rows.ts";
import { ringTable } from "./ring-rows.ts";
import { serviceRows } from "./service-rows.ts";
import { missingTable, type KeyThen } from "./missing-rows.ts";
import { silentRows } from "./silent-rows.ts";
import { tellModel } from "./tell-model.ts";
import { userRows } from "./user-rows.ts";
import { tellTimesIn } from "./words.ts";

// "Why did my phone not ring?" The tables are read from top to bottom. What is certain stands before what is likely.

const parts = [userRows, refusedRows, serviceRows, failedRows, lateRows, overRows, silentRows, rangRows] as const;

/** Why a phone did or did not ring. */
export type PhoneCause = (typeof parts)[number][number]["cause"];

/** Why a ring has no phone. */
export type RingCause = (typeof ringTable)[number]["cause"];

/** Why there is no ring. */
export type MissingCause = (typeof missingTable)[number]["cause"];

/** The table of a phone's causes. */
export const phoneTable: readonly Row<PhoneCase, PhoneCause>[] = parts.flatMap(
  (rows): readonly Row<PhoneCase, PhoneCause>[] => rows,
);

export { ringTable, missingTable };

/** A question about a ring. */
export interface Question {
  readonly ring: StoredRing;
  /** The other rings of its call with those that they joined, and others of its user if they are known. */
  readonly rings?: readonly StoredRing[];
  /** If its exten has no line: lines that are written in another way. */
  readonly similarLines?: readonly string[];
  /** When it is asked, in milliseconds since the epoch. */
  readonly now: number;
  /** The time zone of the times in the sentences, such as `Asia/Seoul`. */
  readonly timeZone: string;
}

/** What happened at a phone, in milliseconds since the ring was announced; absent if it did not happen. */
export interface PhoneTimes {
  readonly acceptedMs?: number;
  readonly receivedMs?: number;
  readonly readyMs?: number;
  readonly failedMs?: number;
  readonly answeredMs?: number;
  readonly declinedMs?: number;
  /** When the ring was over. */
  readonly endedMs?: number;
}

/** Why one phone of a ring did or did not ring. */
export interface PhoneVerdict extends Finding<PhoneCause> {
  readonly deviceId: string;
  /** What it is: model, system, version of the app; absent if it did not say. */
  readonly model?: string;
  readonly times: PhoneTimes;
}

/** The verdict on a ring: on each of its phones, or on itself if it has none. */
export interface Verdict {
  readonly callId: string;
  readonly ring?: Finding<RingCause>;
  readonly phones: readonly PhoneVerdict[];
}

/** Says why the phones of a ring did or did not ring. It looks nothing up. */
export function explainRing({ ring: asked, rings = [], similarLines = [], now, timeZone }: Question): Verdict {
  const at = tellTimesIn(timeZone);
  const group = groupOf(asked, rings);
  const [{ ring }] = group;
  const own = new Set(group.map(({ id }) => id));
  const others = rings.filter(({ id }) => !own.has(id));
  const phones = Object.entries(ring.phones).map(([deviceId, phone]): PhoneVerdict => {
    const one = buildCase(deviceId, phone, { group, others, now, at });
    const model = tellModel(one.phone.device);
    return { deviceId, ...(model !== "" && { model }), ...findCause(phoneTable, one), times: findTimes(one) };
  });
  const { id: callId } = asked;
  if (phones.length > 0) return { callId, phones };
  return { callId, ring: findCause(ringTable, { ring, similarLines, now, at }), phones };
}

/** A question about a call of which there is no ring. */
export interface MissingQuestion {
  /** When the phone should have rung, in milliseconds since the epoch. */
  readonly time: number;
  /** Nobody has said when: `time` is that of the question, and the sentence names none. */
  readonly isNow?: boolean;
  /** The PBX's keys that did not work then. */
  readonly keys?: readonly KeyThen[];
  readonly timeZone: string;
}

/** Says why there is no ring, from what the caller of the function knows. */
export function explainMissing({ time, isNow = false, keys = [], timeZone }: MissingQuestion): Finding<MissingCause> {
  return findCause(missingTable, { time, isNow, keys, at: tellTimesIn(timeZone) });
}

function findTimes({ phone, announcedAt, stopsAt, now }: PhoneCase): PhoneTimes {
  const times = {
    acceptedMs: phone.acceptedAt?.toMillis(),
    receivedMs: phone.receivedAt?.toMillis(),
    readyMs: phone.readyAt?.toMillis(),
    failedMs: phone.failedAt?.toMillis(),
    answeredMs: phone.answeredAt?.toMillis(),
    declinedMs: phone.declinedAt?.toMillis(),
    endedMs: stopsAt <= now ? stopsAt : undefined,
  };
  // Two instances' clocks may differ by a little.
  const known = Object.entries(times).flatMap(([name, time]) =>
    time === undefined ? [] : [[name, Math.max(0, time - announcedAt)] as const],
  );
  return Object.fromEntries(known);
}
