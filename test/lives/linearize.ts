import { step, type Act } from "./rules.ts";
import type { State } from "./state.ts";

/** An act, and which others were over before it began, by their places in the list. */
interface Placed {
  readonly act: Act;
  readonly after: number;
}

/** Every state that acts may lead to in any order that their times allow. */
export function linearize(states: readonly State[], acts: readonly Act[]): readonly State[] {
  const placed: Placed[] = acts.map((act) => ({
    act,
    after: acts.reduce((mask, { place }, other) => (place[1] < act.place[0] ? mask | (1 << other) : mask), 0),
  }));
  const reached = new Map<number, readonly State[]>([[0, states]]);
  const all = (1 << acts.length) - 1;
  for (let done = 0; done < all; done += 1) {
    const from = reached.get(done);
    if (from === undefined) continue;
    for (const [nth, { act, after }] of placed.entries()) {
      const bit = 1 << nth;
      if ((done & bit) !== 0 || (done & after) !== after) continue;
      const next = from.flatMap((state) => step(state, act));
      if (next.length > 0) reached.set(done | bit, unique([...(reached.get(done | bit) ?? []), ...next]));
    }
  }
  return reached.get(all) ?? [];
}

function unique(states: readonly State[]): readonly State[] {
  return [...new Map(states.map((state) => [JSON.stringify(state), state])).values()];
}
