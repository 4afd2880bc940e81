import { hourMs, startOfHour } from "../../statistics/hour.ts";

/** A span, in milliseconds since the epoch, and how it is divided. */
export interface Division {
  readonly since: number;
  readonly until: number;
  readonly by: "hour" | "day";
  /** Days begin in it. */
  readonly timeZone: string;
}

/** Every hour of a span with the beginning of the bucket that it belongs to: itself, or the first hour of its day in the span. */
export function nameBuckets({ since, until, by, timeZone }: Division): ReadonlyMap<number, number> {
  const days = new Map<string, number>();
  const format = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  const buckets = new Map<number, number>();
  for (let hour = startOfHour(since); hour < until; hour += hourMs) {
    if (by === "hour") buckets.set(hour, hour);
    else {
      const day = format.format(hour);
      const begin = days.get(day) ?? hour;
      days.set(day, begin);
      buckets.set(hour, begin);
    }
  }
  return buckets;
}
