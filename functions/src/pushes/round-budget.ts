import { bulkBudget } from "../fcm/bulk-budget.ts";
import type { Budget } from "../transport/budget.ts";
import { endOf } from "./lifecycle.ts";
import type { PushDocument } from "./push.ts";

/** The budget of one worker's round. */
export interface RoundBudget extends Budget {
  /** Most tries that any recipient had so far, earlier workers included. */
  readonly tries: number;
}

/** Google's rules for a worker that has until `endsAt`; tries of earlier workers count. */
export function buildRoundBudget(push: PushDocument, endsAt: number): RoundBudget {
  const earlier = push.tries ?? 0;
  const bulk = bulkBudget({ expiresAt: push.expiresAt.toMillis(), endsAt: Math.min(endsAt, endOf(push)) });
  let tries = earlier;
  return {
    ...bulk,
    get tries() {
      return tries;
    },
    retryDelayMs(failure, retries, random) {
      tries = Math.max(tries, earlier + retries + 1);
      return bulk.retryDelayMs(failure, earlier + retries, random);
    },
  };
}
