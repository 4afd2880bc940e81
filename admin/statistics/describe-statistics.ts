import type { CauseCount } from "../../functions/src/statistics/counters.ts";
import { steps, type Tally } from "../../functions/src/statistics/tally.ts";
import { findQuantile } from "../../functions/src/statistics/wake-times.ts";
import type { List } from "../command/print-list.ts";

const none = "No rings were counted in that time.";

/** A row of numbers, as `--json` has it. Rates are shares of `announced`; times are in milliseconds. */
function describe({ wake, ...counts }: Tally) {
  const { announced } = counts;
  const rate = (count: number) => Math.round((count / announced) * 10_000) / 10_000;
  const [wakeP50Ms, wakeP95Ms] = [findQuantile(wake, 0.5), findQuantile(wake, 0.95)];
  return {
    ...Object.fromEntries(steps.map((step) => [step, counts[step]])),
    ...Object.fromEntries(steps.slice(1).map((step) => [`${step}Rate`, rate(counts[step])])),
    ...(wakeP50Ms !== undefined && { wakeP50Ms }),
    ...(wakeP95Ms !== undefined && { wakeP95Ms }),
  };
}

/** The numbers of rings or phones, with a first column if they are grouped. */
export function listTallies(by: string | undefined, tallies: readonly (readonly [string, Tally])[]): List {
  const first = (name: string) => (by === undefined ? [] : [name]);
  const heads = by === undefined ? [] : [by];
  const items = tallies.map(([name, tally]) => ({ ...(by !== undefined && { [by]: name }), ...describe(tally) }));
  const columns = [...steps, ...steps.slice(1).map((step) => `${step}Rate`), "wakeP50Ms", "wakeP95Ms"];
  return {
    items,
    none,
    headings: [...heads, ...steps, "wake p50", "wake p95"],
    rows: tallies.map(([name, tally]) => [
      ...first(name),
      ...steps.map((step) => formatCount(tally, step)),
      formatTime(findQuantile(tally.wake, 0.5)),
      formatTime(findQuantile(tally.wake, 0.95)),
    ]),
    csv: {
      headings: [...heads, ...columns],
      rows: tallies.map(([name, tally]) => {
        const values: Readonly<Record<string, number | undefined>> = describe(tally);
        return [...first(name), ...columns.map((column) => String(values[column] ?? ""))];
      }),
    },
  };
}

function formatCount(tally: Tally, step: (typeof steps)[number]): string {
  if (step === "announced") return String(tally.announced);
  return `${tally[step]} (${((100 * tally[step]) / tally.announced).toFixed(1)} %)`;
}

function formatTime(ms: number | undefined): string {
  if (ms === undefined) return "";
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** Why rings were missed, and what the verdicts on all phones were. */
export function listCauses(causes: readonly (readonly [string, CauseCount])[]): List {
  const missedInAll = causes.reduce((sum, [, { missed }]) => sum + missed, 0);
  const share = (missed: number) => (missedInAll === 0 ? 0 : Math.round((missed / missedInAll) * 10_000) / 10_000);
  const items = causes.map(([reason, { missed, verdicts }]) => {
    return { reason, missed, missedShare: share(missed), verdicts };
  });
  return {
    items,
    none,
    headings: ["reason", "missed rings", "verdicts"],
    rows: items.map(({ reason, missed, missedShare, verdicts }) => {
      return [reason, `${missed} (${(100 * missedShare).toFixed(1)} %)`, String(verdicts)];
    }),
    csv: {
      headings: ["reason", "missed", "missedShare", "verdicts"],
      rows: items.map((item) => Object.values(item).map(String)),
    },
  };
}
