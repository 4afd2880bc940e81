import { bulkBudget, type Budget } from "../fcm/budget.ts";
import { endOf } from "./lifecycle.ts";
import type { PushDocument } from "./push.ts";

/** The budget of what one worker sends of a push. */
export interface RoundBudget extends Budget {
  /** How often the unluckiest recipient has been tried by now, earlier workers included. */
  readonly tries: number;
}

/** Google's rules for a push that earlier workers may have tried before, for a worker that has until `endsAt`. */
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
