import { Option } from "commander";
import type { Services } from "../../functions/src/services.ts";
import { isTimeZone, usualTimeZone } from "../../functions/src/time-zone.ts";
import { readSettings } from "../project/settings.ts";
import { parseDuration } from "./arguments.ts";
import { WrongUsage } from "./errors.ts";
import { toInstant, toWall } from "./wall-time.ts";

/** What an operator calls a time: the minute of `14:03`, the day of `2026-11-30`. Both ends belong to it. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** When and where a time is read, in milliseconds since the epoch and such as `Asia/Seoul`. */
export interface Here {
  readonly now: number;
  readonly timeZone: string;
}

/** A time as it was given: an age and a time of the day need to know when and where. */
export type NamedTime = (here: Here) => Span;

/** The forms of a time, for the help of options. */
export const timeForms = "14:03, 2026-11-30, 2026-11-30T14:03:02+09:00, or an age such as 90m, 24h or 7d";

/** A parser for an option that takes a time; the parser throws {@link WrongUsage}. */
export function timeOption(option: string): (given: string) => NamedTime {
  return (given) => {
    const named = parseTime(given);
    if (named === undefined) throw new WrongUsage(`${option} takes ${timeForms}, not ${given}`);
    return named;
  };
}

const hours = String.raw`(?<hour>[01]?\d|2[0-3]):(?<minute>[0-5]\d)(?::(?<second>[0-5]\d)(?:\.(?<fraction>\d{1,3}))?)?`;
const timeOfDay = new RegExp(`^${hours}$`);
const dated = new RegExp(`^(?<date>\\d{4}-\\d\\d-\\d\\d)(?:[T ]${hours}(?<offset>Z|[+-]\\d\\d:\\d\\d)?)?$`);

function parseTime(given: string): NamedTime | undefined {
  const age = parseDuration(given);
  if (age !== undefined) return ({ now }) => ({ from: now - age, to: now - age });
  const named = (dated.exec(given) ?? timeOfDay.exec(given))?.groups;
  if (named === undefined) return undefined;
  const { ms, length } = readTimeOfDay(named);
  const find = findStart(named, ms);
  if (find === undefined) return undefined;
  return (here) => {
    const from = find(here);
    return { from, to: from + length - 1 };
  };
}

/** Where a span begins; `undefined` if there is no such day or offset. */
function findStart({ date, offset }: Groups, ms: number): ((here: Here) => number) | undefined {
  if (date === undefined) return (here) => findLast(ms, here);
  const day = Date.parse(`${date}T00:00:00Z`);
  // The 30th of February is read as a day in March.
  if (Number.isNaN(day) || !new Date(day).toISOString().startsWith(date)) return undefined;
  if (offset === undefined) return ({ timeZone }) => toInstant(day + ms, timeZone);
  const shift = Date.parse(`1970-01-01T00:00${offset}`);
  return Number.isNaN(shift) ? undefined : () => day + ms + shift;
}

/** The named groups of the forms above. */
type Groups = Readonly<Record<string, string | undefined>>;

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

function readTimeOfDay({ hour, minute, second, fraction }: Groups) {
  const seconds = Number(hour ?? 0) * 3600 + Number(minute ?? 0) * 60 + Number(second ?? 0);
  const ms = seconds * 1000 + Number((fraction ?? "0").padEnd(3, "0"));
  const length = hour === undefined ? dayMs : second === undefined ? minuteMs : fraction === undefined ? 1000 : 1;
  return { ms, length };
}

/** Clocks of people differ by less. */
export const toleranceMs = 5 * minuteMs;

/** The last time that it was this time of the day, or the next if that is soon. */
function findLast(ms: number, { now, timeZone }: Here): number {
  const wall = toWall(now, timeZone);
  const midnight = wall - (((wall % dayMs) + dayMs) % dayMs);
  const time = toInstant(midnight + ms, timeZone);
  return time > now + toleranceMs ? toInstant(midnight - dayMs + ms, timeZone) : time;
}

/** The option `--since`, as every command has it. */
export function sinceOption(usual: string): Option {
  const parse = timeOption("--since");
  return new Option("--since <time>", `from when on: ${timeForms}`).argParser(parse).default(parse(usual), usual);
}

/** The option `--time-zone`; without it, times are in that of the project. */
export function timeZoneOption(): Option {
  const text = "time zone of the times; default: SCHEDULE_TIME_ZONE of the project";
  return new Option("--time-zone <zone>", text).argParser(requireTimeZone);
}

function requireTimeZone(zone: string): string {
  if (!isTimeZone(zone)) throw new WrongUsage(`--time-zone takes a time zone such as Europe/Berlin, not ${zone}`);
  return zone;
}

/** When and where a command runs: in the time zone that was asked for, or that of the project's schedules. */
export function hereOf({ clock, config }: Pick<Services, "clock" | "config">, asked?: string): Here {
  const zone = asked ?? readSettings(config.projectId)["SCHEDULE_TIME_ZONE"] ?? "";
  return { now: clock.now(), timeZone: isTimeZone(zone) ? zone : usualTimeZone };
}
