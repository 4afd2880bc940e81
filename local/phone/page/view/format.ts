import type { HandsetState } from "../phone/handset-state.ts";
import { StackError } from "../stack/stack-error.ts";
import type { ViewContext } from "./view-context.ts";

/** The name of a phone. */
export function namePhone({ t }: ViewContext, { saved }: Pick<HandsetState, "saved">): string {
  return t.phone.name(saved.number);
}

/** The text of an error, with what to do about it. */
export function explainError({ t }: ViewContext, error: unknown): string {
  if (!(error instanceof StackError)) return error instanceof Error ? error.message : String(error);
  const part = t.page.parts[error.part];
  return error.kind === "silent" ? t.page.silent(part) : t.page.refused(part, error.message);
}

/** A time of day: `14:03`. */
export function formatTime({ language }: ViewContext, time: number): string {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(time);
}

/** A time of day with seconds. */
export function formatSecond({ language }: ViewContext, time: number): string {
  return new Intl.DateTimeFormat(language, { timeStyle: "medium", hourCycle: "h23" }).format(time);
}

/** A day in full: `Sunday, November 22`. */
export function formatDay({ language }: ViewContext, time: number): string {
  return new Intl.DateTimeFormat(language, { weekday: "long", month: "long", day: "numeric" }).format(time);
}

/** The time of day for today, else the date. */
export function formatWhen(context: ViewContext, time: number): string {
  const isToday = new Date(time).toDateString() === new Date(context.now).toDateString();
  if (isToday) return formatTime(context, time);
  return new Intl.DateTimeFormat(context.language, { month: "short", day: "numeric" }).format(time);
}

/** The duration of a call: `0:07`, `1:02:03`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const end = `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
  return hours === 0 ? end : `${hours}:${end.padStart(5, "0")}`;
}

/** An offset: `+31 ms`; in seconds from 10 s on. */
export function formatOffset(context: ViewContext, ms: number): string {
  return formatMs(context, ms, "exceptZero");
}

/** A time span: `31 ms`; in seconds from 10 s on. */
export function formatSpan(context: ViewContext, ms: number): string {
  return formatMs(context, ms, "auto");
}

function formatMs({ language }: ViewContext, ms: number, signDisplay: "exceptZero" | "auto"): string {
  const isLong = Math.abs(ms) >= 10_000;
  const digits = isLong ? 1 : 0;
  const options = { signDisplay, minimumFractionDigits: digits, maximumFractionDigits: digits };
  const number = new Intl.NumberFormat(language, options);
  return isLong ? `${number.format(ms / 1000)} s` : `${number.format(ms)} ms`;
}
