import { ownEntry } from "../../own-entry.ts";
import type { EndReason } from "../../wire.ts";
import { findDecisive, isGroupLiving, statusAt, type Group } from "../group.ts";
import type { Phone, StoredRing } from "../ring.ts";

/** A phone that FCM reaches has mostly reported by then, and one that has reported is mostly ready, in milliseconds. */
export const usualMs = 5000;

/** When a ring was over: by an answer, an end, or the end of its time. */
export function findStop({ ring: { answeredAt, endedAt, ringEndsAt } }: StoredRing): number {
  return Math.min(...[answeredAt, endedAt, ringEndsAt].flatMap((time) => time?.toMillis() ?? []));
}

/** The first of the steps that came after the end, if it took longer than usual. */
export function findLate(steps: readonly (number | undefined)[], stopsAt: number): number | undefined {
  const times = steps.filter((time) => time !== undefined);
  const first = times.findIndex((time) => time > stopsAt);
  const [before, late] = [times[first - 1], times[first]];
  return before !== undefined && late !== undefined && late - before > usualMs ? late : undefined;
}

/** Why a phone of a group had to stop; `undefined` while it may ring. */
export function findReason({ endReason }: Phone, group: Group, now: number): EndReason | undefined {
  if (isGroupLiving(group, now)) return endReason;
  const { status, reason } = statusAt(findDecisive(group, now).ring, now);
  return endReason ?? reason ?? (status === "answered" ? "answered_elsewhere" : undefined);
}

/** The first report of a phone. */
export function findFirst(phone: Phone): number | undefined {
  const { receivedAt, readyAt, failedAt, answeredAt, declinedAt, endedAt } = phone;
  const times = [receivedAt, readyAt, failedAt, answeredAt, declinedAt, endedAt].flatMap((at) => at?.toMillis() ?? []);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** An answered ring whose end was never told is taken to have lasted so long, in milliseconds. */
const longestCallMs = 3_600_000;

/** Since when the phone was in a call that another ring had brought. */
export function findOtherCall(
  deviceId: string,
  [{ ring: own }]: Group,
  others: readonly StoredRing[],
): number | undefined {
  const begin = own.createdAt.toMillis();
  return others
    .filter(({ ring }) => ring.uid !== undefined && ring.uid === own.uid)
    .flatMap(({ ring: { phones, endedAt } }) => {
      const phone = ownEntry(phones, deviceId);
      const since = phone?.state === "answered" ? phone.answeredAt?.toMillis() : undefined;
      return since === undefined ? [] : [{ since, until: endedAt?.toMillis() ?? since + longestCallMs }];
    })
    .find(({ since, until }) => since < begin && begin < until)?.since;
}
