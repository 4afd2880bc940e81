import { step, type Operation } from "./rules.ts";
import type { State } from "./state.ts";

/** An operation, and a bit mask of the operations that were answered before it began. */
interface Placed {
  readonly operation: Operation;
  readonly after: number;
}

/** All states that the operations may lead to, in any order that their times allow. */
export function linearize(states: readonly State[], operations: readonly Operation[]): readonly State[] {
  const placed: Placed[] = operations.map((operation) => ({
    operation,
    after: operations.reduce(
      (mask, { place }, other) => (place[1] < operation.place[0] ? mask | (1 << other) : mask),
      0,
    ),
  }));
  const reached = new Map<number, readonly State[]>([[0, states]]);
  const all = (1 << operations.length) - 1;
  for (let done = 0; done < all; done += 1) {
    const from = reached.get(done);
    if (from === undefined) continue;
    for (const [nth, { operation, after }] of placed.entries()) {
      const bit = 1 << nth;
      if ((done & bit) !== 0 || (done & after) !== after) continue;
      const next = from.flatMap((state) => step(state, operation));
      if (next.length > 0) reached.set(done | bit, unique([...(reached.get(done | bit) ?? []), ...next]));
    }
  }
  return reached.get(all) ?? [];
}

function unique(states: readonly State[]): readonly State[] {
  return [...new Map(states.map((state) => [JSON.stringify(state), state])).values()];
}
