import { formatNumber } from "./statistics.ts";

/** What a figure has to be: a ratio or a count, never a time. */
export interface Bar {
  readonly what: string;
  readonly value: number;
  /** What was promised, from which side. */
  readonly promise: { readonly least: number } | { readonly most: number };
  /**
   * Where a short run on a busy machine fails: as far from what was measured as noise does not reach, beyond the promise or, where
   * that is not kept, short of it. Absent for what such a run cannot tell.
   */
  readonly alarm?: number;
}

export function isMet({ value, promise }: Bar): boolean {
  return "least" in promise ? value >= promise.least : value <= promise.most;
}

/** Whether even a short run says that something has become worse. */
export function isAlarming({ value, promise, alarm }: Bar): boolean {
  if (alarm === undefined) return false;
  return !("least" in promise ? value >= alarm : value <= alarm);
}

/** The promise, and whether it is kept: `≥ 5: met`. */
export function tellBar(bar: Bar): string {
  const { promise } = bar;
  const bound = "least" in promise ? `≥ ${formatPlain(promise.least)}` : `≤ ${formatPlain(promise.most)}`;
  return `${bound}: ${isMet(bar) ? "met" : "MISSED"}`;
}

/** How far a figure is on the right side of its promise: `1.33 ×` is a third better, below 1 it is missed. */
export function tellMargin({ value, promise }: Bar): string {
  const margin = "least" in promise ? value / promise.least : promise.most / value;
  return Number.isFinite(margin) ? `${formatNumber(margin, 2)} ×` : "";
}

const formatPlain = (value: number) => value.toLocaleString("en");
