import { LatestMap } from "./latest-map.ts";

/** What the user has chosen: the name of the client's method. */
export type Choice = "answer" | "decline";

/** Number of choices kept: more than the calls that a phone shows at once. */
const maxChoices = 20;

/**
 * The user's choices on calls whose push the client has not got yet: CallKit shows a call from native code, and the user
 * may answer or decline it before the app's JavaScript runs.
 */
export class EarlyChoices {
  readonly #choices = new LatestMap<Choice>(maxChoices);

  /** Remembers a choice. A decline is final, as on the call itself. */
  add(callId: string, choice: Choice): void {
    const id = callId.toLowerCase();
    if (this.#choices.get(id) !== "decline") this.#choices.set(id, choice);
  }

  /** Returns the choice on a call, once. */
  take(callId: string): Choice | undefined {
    return this.#choices.take(callId.toLowerCase());
  }
}
