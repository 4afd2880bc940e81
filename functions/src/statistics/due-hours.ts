import { historyMs } from "../rings/ring.ts";
import { hourMs, startOfHour } from "./hour.ts";

const dayMs = 24 * hourMs;

/**
 * When an hour is counted: so long after its end, in milliseconds. Its last rings are over after two minutes. Phones that
 * slept report in the next hour, some the next day. Nothing forbids a report as long as a ring is on record, so the last
 * count comes shortly before its TTL policy removes it.
 */
const lagMs = { soon: 5 * 60_000, later: hourMs, nextDay: dayMs, last: 28 * dayMs } as const;

/** The name of a count of an hour. */
export type Lag = keyof typeof lagMs;

const lags = ["soon", "later", "nextDay", "last"] as const satisfies readonly Lag[];

/** Firestore removes rings at `removeAt` and later. An hour is not counted any more a day before the first may go. */
const countableMs = historyMs - dayMs;

/** The beginning of the first hour that was not tried yet, in milliseconds since the epoch, for each count. */
export interface Progress extends Readonly<Record<Lag, number>> {
  /** Hours before that could not be counted. */
  readonly failed: readonly number[];
}

/** The hours of one run. */
export interface Done {
  readonly counted: ReadonlySet<number>;
  readonly failed: ReadonlySet<number>;
}

/** The progress before the first run: the statistics begin a month before the deployment that brought them. */
export function beginAt(now: number): Progress {
  const hour = firstCountable(now);
  return { soon: hour, later: hour, nextDay: hour, last: hour, failed: [] };
}

/** A clock that was ahead saved hours that were not over: they are due again. */
export function notAhead(progress: Progress, now: number): Progress {
  const limit = (lag: Lag) => Math.min(progress[lag], endOfDue(lag, now));
  return {
    soon: limit("soon"),
    later: limit("later"),
    nextDay: limit("nextDay"),
    last: limit("last"),
    failed: progress.failed.filter((hour) => hour < endOfDue("soon", now)),
  };
}

/** The first hour of which every ring is still there. */
export function firstCountable(now: number): number {
  return startOfHour(now - countableMs) + hourMs;
}

/** The end of the hours that are due for a count. */
function endOfDue(lag: Lag, now: number): number {
  return startOfHour(now - lagMs[lag]);
}

/** The beginnings of the hours to count now, oldest first: also those that were due while the job was down, or failed. */
export function findDueHours(progress: Progress, now: number): readonly number[] {
  const due = new Set(progress.failed.filter((hour) => hour >= firstCountable(now)));
  for (const lag of lags) {
    const from = Math.max(progress[lag], firstCountable(now));
    for (let hour = from; hour < endOfDue(lag, now); hour += hourMs) due.add(hour);
  }
  return [...due].toSorted((one, other) => one - other);
}

/**
 * The progress after some of the due hours were counted: up to the first that nobody has tried. One that fails again and
 * again is remembered, so that the hours after it are not counted with it each time.
 */
export function advance(progress: Progress, { counted, failed }: Done, now: number): Progress {
  const reach = (lag: Lag) => {
    let next = Math.max(progress[lag], firstCountable(now));
    while (next < endOfDue(lag, now) && (counted.has(next) || failed.has(next))) next += hourMs;
    return next;
  };
  const open = [...progress.failed, ...failed].filter((hour) => hour >= firstCountable(now) && !counted.has(hour));
  return {
    soon: reach("soon"),
    later: reach("later"),
    nextDay: reach("nextDay"),
    last: reach("last"),
    failed: [...new Set(open)],
  };
}

/** How many hours can no more be counted, although they never were. */
export function countLost({ soon, failed }: Progress, now: number): number {
  const first = firstCountable(now);
  return Math.max(0, (first - soon) / hourMs) + failed.filter((hour) => hour < first).length;
}
