/** The time zone of a deployment that names none. */
export const usualTimeZone = "Asia/Seoul";

/**
 * Whether this is the name of a time zone such as Europe/Berlin. Not for cold starts: loading the time zones takes tens of
 * milliseconds.
 */
export function isTimeZone(value: string): boolean {
  // Node accepts offsets from UTC as time zones, Cloud Scheduler does not.
  if (!/^[A-Z]/.test(value)) return false;
  try {
    Intl.DateTimeFormat("en", { timeZone: value });
    return true;
  } catch {
    return false;
  }
}
