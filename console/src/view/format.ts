import { html, type TemplateResult } from "lit-html";
import type { Time } from "../../../functions/src/console/wire.ts";
import type { ViewContext } from "./view-context.ts";

const shown = {
  second: { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
  minute: { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  clock: { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23" },
  hour: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  day: { month: "short", day: "numeric" },
  full: { dateStyle: "full", timeStyle: "long", hourCycle: "h23" },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

/** How much of a time is shown. */
export type TimeKind = keyof typeof shown;

const formats = new Map<string, Intl.DateTimeFormat>();

/** A time in the operator's own time zone. */
export function formatTime({ language }: Pick<ViewContext, "language">, time: Time | number, kind: TimeKind): string {
  const name = `${language} ${kind}`;
  const format = formats.get(name) ?? new Intl.DateTimeFormat(language, shown[kind]);
  formats.set(name, format);
  return format.format(typeof time === "number" ? time : Date.parse(time));
}

/** A time as an element, with all of it as its title. */
export function viewTime(context: ViewContext, time: Time, kind: TimeKind = "second"): TemplateResult {
  return html`<time datetime=${time} title=${formatTime(context, time, "full")}
    >${formatTime(context, time, kind)}</time
  >`;
}

const units = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;

/** How long ago: `3 days ago`, in the time's element. */
export function viewAgo(context: ViewContext, time: Time): TemplateResult {
  const ms = Date.parse(time) - context.now;
  const [unit, unitMs] = units.find(([, size]) => Math.abs(ms) >= size) ?? ["minute", 60_000];
  const ago = new Intl.RelativeTimeFormat(context.language, { numeric: "auto" }).format(Math.round(ms / unitMs), unit);
  return html`<time datetime=${time} title=${formatTime(context, time, "full")}>${ago}</time>`;
}

/** A whole number. */
export function formatCount({ language }: Pick<ViewContext, "language">, count: number): string {
  return new Intl.NumberFormat(language).format(count);
}

/** A part of a whole in percent; a dash of nothing. */
export function formatShare({ language }: Pick<ViewContext, "language">, part: number, whole: number): string {
  if (whole === 0) return "–";
  return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 }).format(part / whole);
}

/** A span of time: milliseconds below a second, seconds above. */
export function formatSpan(
  { language }: Pick<ViewContext, "language">,
  ms: number,
  sign: "auto" | "exceptZero" = "auto",
) {
  const isShort = Math.abs(ms) < 1000;
  return new Intl.NumberFormat(language, {
    style: "unit",
    unitDisplay: "narrow",
    unit: isShort ? "millisecond" : "second",
    signDisplay: sign,
    minimumFractionDigits: isShort ? 0 : 1,
    maximumFractionDigits: isShort ? 0 : 1,
  }).format(isShort ? ms : ms / 1000);
}
