import type { Language } from "../text/language.ts";
import type { Texts } from "../text/texts.ts";
import type { HandsetState } from "../phone/handset-state.ts";
import { Trouble } from "../stack/trouble.ts";

/** What every view needs to put things into words. */
export interface Words {
  readonly t: Texts;
  readonly language: Language;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The name of a phone. */
export function namePhone({ t }: Words, { saved }: Pick<HandsetState, "saved">): string {
  return t.phone.name(saved.number);
}

/** An error in words, with what to do about it. */
export function explainError({ t }: Words, error: unknown): string {
  if (!(error instanceof Trouble)) return error instanceof Error ? error.message : String(error);
  const part = t.page.parts[error.part];
  return error.kind === "silent" ? t.page.silent(part) : t.page.refused(part, error.message);
}

/** A time of the day: `14:03`. */
export function formatTime({ language }: Words, time: number): string {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(time);
}

/** A time of the day to the second, for what happens fast. */
export function formatSecond({ language }: Words, time: number): string {
  return new Intl.DateTimeFormat(language, { timeStyle: "medium", hourCycle: "h23" }).format(time);
}

/** A day in full: `Sunday, November 22`. */
export function formatDay({ language }: Words, time: number): string {
  return new Intl.DateTimeFormat(language, { weekday: "long", month: "long", day: "numeric" }).format(time);
}

/** How long ago something was, in words; the day after a day. */
export function formatWhen(words: Words, time: number): string {
  const isToday = new Date(time).toDateString() === new Date(words.now).toDateString();
  if (isToday) return formatTime(words, time);
  return new Intl.DateTimeFormat(words.language, { month: "short", day: "numeric" }).format(time);
}

/** A duration as a phone counts it: `0:07`, `1:02:03`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const end = `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
  return hours === 0 ? end : `${hours}:${end.padStart(5, "0")}`;
}

/** Milliseconds after a moment: `+31 ms`, and seconds once they are many. */
export function formatOffset(words: Words, ms: number): string {
  return formatMs(words, ms, "exceptZero");
}

/** How long something took: `31 ms`, and seconds once they are many. */
export function formatSpan(words: Words, ms: number): string {
  return formatMs(words, ms, "auto");
}

function formatMs({ language }: Words, ms: number, signDisplay: "exceptZero" | "auto"): string {
  const isLong = Math.abs(ms) >= 10_000;
  const digits = isLong ? 1 : 0;
  const options = { signDisplay, minimumFractionDigits: digits, maximumFractionDigits: digits };
  const number = new Intl.NumberFormat(language, options);
  return isLong ? `${number.format(ms / 1000)} s` : `${number.format(ms)} ms`;
}
