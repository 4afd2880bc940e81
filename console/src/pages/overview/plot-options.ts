import uPlot from "uplot";
import { formatCount, formatSpan, formatTime } from "../../view/format.ts";
import type { ViewContext } from "../../view/view-context.ts";
import type { BuildOptions, PlotColors } from "./plot.ts";

/** Lines over time; `format` writes their values. */
export function lineOptions(
  context: ViewContext,
  names: readonly string[],
  {
    isByHour,
    format,
    max,
  }: { readonly isByHour: boolean; readonly format: (value: number) => string; readonly max?: number },
): BuildOptions {
  const timeOf = (second: number) => formatTime(context, second * 1000, isByHour ? "minute" : "day");
  return (colors) => ({
    scales: { x: { time: true }, y: { range: (_plot, _low, high) => [0, max ?? Math.max(1, high * 1.1)] } },
    axes: [
      { ...axis(colors), space: 70, values: (_plot, splits) => splits.map((split) => nameSplit(context, split)) },
      { ...axis(colors), size: 56, values: (_plot, splits) => splits.map(format) },
    ],
    series: [
      { label: context.t.ring.time, value: (_plot, second) => (typeof second === "number" ? timeOf(second) : "–") },
      ...names.map((label, index) => ({
        label,
        stroke: colors.series[index % 4] ?? colors.ink,
        width: 2,
        points: { show: false },
        value: (_plot: uPlot, value: number | null) => (value === null ? "–" : format(value)),
      })),
    ],
  });
}

/** Midnights by their day, other times by their hour. */
function nameSplit(context: ViewContext, second: number): string {
  const date = new Date(second * 1000);
  const isMidnight = date.getHours() === 0 && date.getMinutes() === 0;
  return formatTime(context, date.getTime(), isMidnight ? "day" : "hour");
}

/** Bars of a histogram whose last one has no end. */
export function barOptions(context: ViewContext, name: string, ends: readonly (number | undefined)[]): BuildOptions {
  const nameBar = (index: number) => {
    const end = ends[index];
    const before = ends[index - 1];
    if (end !== undefined) return `≤ ${formatSpan(context, end)}`;
    return before === undefined ? "" : `> ${formatSpan(context, before)}`;
  };
  const bars = uPlot.paths.bars?.({ size: [0.8] });
  return (colors) => ({
    scales: {
      x: { time: false, range: [-0.6, ends.length - 0.4] },
      y: { range: (_p, _l, high) => [0, Math.max(1, high * 1.1)] },
    },
    axes: [
      {
        ...axis(colors),
        space: 55,
        incrs: [1, 2, 4],
        values: (_plot, splits) => splits.map((split) => (Number.isInteger(split) ? nameBar(split) : "")),
      },
      { ...axis(colors), size: 56, values: (_plot, splits) => splits.map((split) => formatCount(context, split)) },
    ],
    series: [
      { label: context.t.overview.upTo, value: (_plot, index) => (typeof index === "number" ? nameBar(index) : "–") },
      {
        label: name,
        fill: colors.series[0],
        stroke: colors.series[0],
        ...(bars !== undefined && { paths: bars }),
        points: { show: false },
        value: (_plot, value) => (value === null ? "–" : formatCount(context, value)),
      },
    ],
  });
}

function axis({ ink, grid }: PlotColors): Pick<uPlot.Axis, "stroke" | "grid" | "ticks" | "font"> {
  return { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, font: "12px system-ui" };
}
