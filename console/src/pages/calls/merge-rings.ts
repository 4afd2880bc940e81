import type { RingRow } from "../../../../functions/src/console/wire.ts";

/** Puts new and changed rings into a list, newest first. */
export function mergeRings(rows: readonly RingRow[], changed: readonly RingRow[]): readonly RingRow[] {
  const byId = new Map([...rows, ...changed].map((row) => [row.callId, row]));
  return [...byId.values()].toSorted((one, other) => Date.parse(other.announcedAt) - Date.parse(one.announcedAt));
}
