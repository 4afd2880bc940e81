import { pickApnsReason, type Outcome } from "../fcm/outcome.ts";
import type { Services } from "../services.ts";
import { changeHeld, type HeldPush } from "./held-push.ts";
import { addOutcomes } from "./lifecycle.ts";
import type { PushOutcome } from "./push.ts";

/** How long an outcome may go unrecorded: that much is sent again when a worker dies. */
const saveAfterMs = 1000;

/** What becomes known while a worker sends, which goes on record on the way. */
export class Progress {
  readonly #services: Services;
  readonly #held: HeldPush;
  readonly #outcomes = new Map<string, Outcome>();
  readonly #stopped = new AbortController();
  #saving: Promise<void> | undefined;

  constructor(services: Services, held: HeldPush) {
    this.#services = services;
    this.#held = held;
  }

  /** What became of each recipient, as far as it is known. */
  get outcomes(): ReadonlyMap<string, Outcome> {
    return this.#outcomes;
  }

  /** Takes down what became of one recipient; a second later it is on record. */
  add(key: string, outcome: Outcome): void {
    this.#outcomes.set(key, outcome);
    this.#saving ??= this.#saveSoon();
  }

  /** Resolves when nothing is being saved any more. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#saving;
  }

  async #saveSoon(): Promise<void> {
    const { clock, log } = this.#services;
    try {
      for (let saved = 0; saved < this.#outcomes.size;) {
        await clock.sleep(saveAfterMs, this.#stopped.signal);
        saved = this.#outcomes.size;
        await this.#save();
      }
    } catch (error) {
      // The end has the last word; this is only in case it never comes.
      if (!this.#stopped.signal.aborted) log.warn("push_progress_unsaved", { pushId: this.#held.key, error });
    }
    this.#saving = undefined;
  }

  async #save(): Promise<void> {
    const known = [...this.#outcomes].map(([key, outcome]) => [key, recordOutcome(outcome)] as const);
    await changeHeld(this.#services, this.#held, (push) => addOutcomes(push, known));
  }
}

/** An outcome as it goes on record while there may be another try. */
export function recordOutcome(outcome: Outcome): PushOutcome {
  if (outcome.status === "accepted") return { state: "accepted", messageId: outcome.messageId };
  const state = outcome.status === "unavailable" ? "waiting" : "failed";
  return { state, code: outcome.code, ...pickApnsReason(outcome) };
}
