import type { Clock } from "../clock.ts";
import { isWanted, type Budget, type Unavailable } from "./budget.ts";
import type { Failure, Outcome } from "./outcome.ts";

/** One try; it must resolve by `until` and must not send at or after it; milliseconds since the epoch. */
export type Attempt = (until: number) => Promise<Outcome>;

/** The clock and random source of retries; `random` is in [0, 1). */
export interface RetryTools {
  readonly clock: Clock;
  readonly random: () => number;
}

/** Retries until the outcome is final or the budget is spent; then returns the last failure. */
export async function sendWithin(budget: Budget, { clock, random }: RetryTools, attempt: Attempt): Promise<Outcome> {
  const { expiresAt = Number.POSITIVE_INFINITY, endsAt = Number.POSITIVE_INFINITY } = budget;
  const end = Math.min(clock.now() + budget.totalMs, expiresAt, endsAt);
  let failure: Unavailable | undefined;
  const remember = <T extends Failure>(one: T): T =>
    failure?.mayBeDelivered === true ? { ...one, mayBeDelivered: true } : one;
  for (let retries = 0; ; retries++) {
    const isRepeat = failure?.mayBeDelivered === true;
    if (clock.now() < end && !(await isWanted(budget, isRepeat))) return failure ?? notWanted;
    const now = clock.now();
    if (now >= end) return failure ?? nameTooLate(budget, now);
    const outcome = await attempt(Math.min(now + budget.attemptTimeoutMs, end));
    if (outcome.status === "accepted") return outcome;
    if (outcome.status !== "unavailable") return remember(outcome);
    failure = remember(outcome);
    const delayMs = budget.retryDelayMs(outcome, retries, random());
    if (delayMs === undefined || clock.now() + delayMs >= end) return failure;
    await clock.sleep(delayMs, budget.signal).catch(() => undefined);
    if (budget.signal?.aborted === true) return failure;
  }
}

/** The outcome of a send that is no longer wanted before it has left. */
export const notWanted: Unavailable = { status: "unavailable", code: "not_wanted" };

/** Whether a message was not sent because it was not wanted any more: no failure. */
export function wasUnwanted(outcome: Outcome): boolean {
  return outcome.status === "unavailable" && outcome.code === notWanted.code;
}

/** The outcome of a send whose time ran out before its first try. */
export function nameTooLate({ expiresAt }: Budget, now: number): Unavailable {
  const expired = expiresAt !== undefined && now >= expiresAt;
  return { status: "unavailable", code: expired ? "expired" : "deadline" };
}
