import { refuseInput } from "../errors.ts";

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** A time this far in the past at most is due to a fast clock or a slow request: the push is sent at once. */
const pastToleranceMs = minuteMs;

/** A time more than a year ahead is a mistake. */
const furthestMs = 366 * dayMs;

/** Default lifetime of a push. */
export const defaultLifeMs = 4 * 60 * minuteMs;

/** FCM's longest TTL; https://firebase.google.com/docs/cloud-messaging/customize-messages/setting-message-lifespan */
const longestLifeMs = 28 * dayMs;

/** The times that the PBX asks for, in milliseconds since the epoch. */
export interface WantedTimes {
  readonly reservedAt?: number | undefined;
  readonly expiresAt?: number | undefined;
}

/** When a push is due and when it expires; throws {@link InvalidRequest} for times that are out of range. */
export function planTimes({ reservedAt, expiresAt }: WantedTimes, now: number) {
  if (reservedAt !== undefined && reservedAt < now - pastToleranceMs) refuse("reserved_at", "must not be in the past");
  if (reservedAt !== undefined && reservedAt > now + furthestMs) refuse("reserved_at", "must be within a year");
  const dueAt = Math.max(reservedAt ?? now, now);
  if (expiresAt !== undefined && expiresAt <= dueAt) refuse("expires_at", "must be after the push is due");
  if (expiresAt !== undefined && expiresAt > dueAt + longestLifeMs) {
    refuse("expires_at", "must be within 28 days after the push is due");
  }
  return { dueAt, expiresAt: expiresAt ?? dueAt + defaultLifeMs };
}

function refuse(path: string, message: string): never {
  return refuseInput([{ path, message }]);
}
