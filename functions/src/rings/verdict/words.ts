/** A text in both languages that support people read out. */
export interface Words {
  readonly ko: string;
  readonly en: string;
}

/** Writes times of the day, such as 14:03:02.120, in a time zone such as `Asia/Seoul`. */
export type TellTime = (ms: number) => string;

/** The writer of times in a time zone; throws `RangeError` if there is no such zone. */
export function tellTimesIn(timeZone: string): TellTime {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hourCycle: "h23",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
  });
  return (ms) => format.format(ms);
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** A span of time in the unit that people would choose: 1.2 seconds, 3 minutes, 6 days. */
export function tellSpan(ms: number): Words {
  return tell(ms, Math.round);
}

/** A span of time that may be longer: 12.6 minutes are 12, because 13 would not be so. */
export function tellLeast(ms: number): Words {
  return tell(ms, Math.floor);
}

function tell(ms: number, round: (count: number) => number): Words {
  const span = Math.max(0, ms);
  if (span < minuteMs) return count(round(span / 100) / 10, "second", "초");
  if (span < hourMs) return count(round(span / minuteMs), "minute", "분");
  if (span < dayMs) return count(round(span / hourMs), "hour", "시간");
  return count(round(span / dayMs), "day", "일");
}

function count(number: number, en: string, ko: string): Words {
  return { ko: `${number}${ko}`, en: `${number} ${en}${number === 1 ? "" : "s"}` };
}

/** One text after another, as sentences of one paragraph; empty ones leave no trace. */
export function join(...parts: readonly (Words | undefined)[]): Words {
  const said = parts.filter((part) => part !== undefined);
  return { ko: said.map(({ ko }) => ko).join(" "), en: said.map(({ en }) => en).join(" ") };
}

/** A text that a phone or a service has sent, safe to print: without characters that control a terminal or the order of letters. */
export function clean(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "").trim();
}
