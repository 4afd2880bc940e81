import { formatNumber } from "./statistics.ts";

/** A measured figure and what was promised for it: a ratio or a count, never a time. */
export interface Bar {
  readonly what: string;
  readonly value: number;
  /** The promise: a lower or an upper bound. */
  readonly promise: { readonly least: number } | { readonly most: number };
  /**
   * The limit at which a short run on a busy machine fails: usually looser than the promise, so that noise does not reach it.
   * Absent if a short run cannot tell.
   */
  readonly alarm?: number;
}

export function isMet({ value, promise }: Bar): boolean {
  return "least" in promise ? value >= promise.least : value <= promise.most;
}

/** Whether a short run shows a regression. */
export function isAlarming({ value, promise, alarm }: Bar): boolean {
  if (alarm === undefined) return false;
  return !("least" in promise ? value >= alarm : value <= alarm);
}

/** The promise, and whether it is kept: `≥ 5: met`. */
export function formatPromise(bar: Bar): string {
  const { promise } = bar;
  const bound = "least" in promise ? `≥ ${formatPlain(promise.least)}` : `≤ ${formatPlain(promise.most)}`;
  return `${bound}: ${isMet(bar) ? "met" : "MISSED"}`;
}

/** How much better a figure is than its promise: `1.33 ×` is a third better, below 1 the promise is missed. */
export function formatMargin({ value, promise }: Bar): string {
  const margin = "least" in promise ? value / promise.least : promise.most / value;
  return Number.isFinite(margin) ? `${formatNumber(margin, 2)} ×` : "";
}

const formatPlain = (value: number) => value.toLocaleString("en");
