/** What the clocks on the wall show at an instant, as if they were in UTC; both in milliseconds since the epoch. */
export function toWall(ms: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(ms);
  const read = (wanted: Intl.DateTimeFormatPartTypes) => Number(parts.find(({ type }) => type === wanted)?.value);
  const seconds = Date.UTC(read("year"), read("month") - 1, read("day"), read("hour"), read("minute"), read("second"));
  return seconds + (((ms % 1000) + 1000) % 1000);
}

/** The instant at which the clocks on the wall show a time. Of the two in the night in which they are put back, one. */
export function toInstant(wall: number, timeZone: string): number {
  const guess = wall - offsetAt(wall, timeZone);
  return wall - offsetAt(guess, timeZone);
}

function offsetAt(ms: number, timeZone: string): number {
  return toWall(ms, timeZone) - ms;
}

/** Writes instants such as 2026-11-30 14:03:02.120, in a time zone such as `Asia/Seoul`. */
export function tellInstantsIn(timeZone: string): (ms: number) => string {
  return (ms) => new Date(toWall(ms, timeZone)).toISOString().replace("T", " ").replace("Z", "");
}

function pad(part: number): string {
  return String(part).padStart(2, "0");
}

/** Writes how far the clocks on the wall are ahead of UTC at an instant: `+09:00`. */
export function tellOffset(ms: number, timeZone: string): string {
  const minutes = Math.round(offsetAt(ms, timeZone) / 60_000);
  return `${minutes < 0 ? "-" : "+"}${pad(Math.floor(Math.abs(minutes) / 60))}:${pad(Math.abs(minutes) % 60)}`;
}
