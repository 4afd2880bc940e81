import type { OverviewRequest } from "../../../../functions/src/console/wire.ts";

/** The spans of the overview. */
export const ranges = ["day", "week", "month", "quarter"] as const;

export type Range = (typeof ranges)[number];

const hourMs = 3_600_000;
const days: Readonly<Record<Range, number>> = { day: 1, week: 7, month: 30, quarter: 90 };

/** The request for a span that ends now. */
export function askRange(range: Range, now: number, pbxId: string | undefined): OverviewRequest {
  const since = new Date(now - days[range] * 24 * hourMs).toISOString();
  const by = range === "day" || range === "week" ? "hour" : "day";
  return { since, by, ...(pbxId !== undefined && { pbxId }) };
}
