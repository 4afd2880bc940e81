import { pickApnsReason, type Outcome } from "../transport/outcome.ts";
import type { Services } from "../services.ts";
import { changeHeld, type HeldPush } from "./held-push.ts";
import { addOutcomes } from "./lifecycle.ts";
import type { PushOutcome } from "./push.ts";

/** How long an outcome may stay unsaved. If a worker dies, the sends since its last save are repeated. */
const saveAfterMs = 1000;

/** The outcomes of a worker's sends, which are saved while it sends. */
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

  /** The known outcomes by recipient. */
  get outcomes(): ReadonlyMap<string, Outcome> {
    return this.#outcomes;
  }

  /** Adds the outcome of one recipient; it is saved a second later. */
  add(key: string, outcome: Outcome): void {
    this.#outcomes.set(key, outcome);
    this.#saving ??= this.#saveSoon();
  }

  /** Stops saving; resolves when no save is in flight. */
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
      // The end of the round saves all outcomes; this save matters only if the worker dies before.
      if (!this.#stopped.signal.aborted) log.warn("push_progress_unsaved", { pushId: this.#held.key, error });
    }
    this.#saving = undefined;
  }

  async #save(): Promise<void> {
    const known = [...this.#outcomes].map(([key, outcome]) => [key, recordOutcome(outcome)] as const);
    await changeHeld(this.#services, this.#held, (push) => addOutcomes(push, known));
  }
}

/** An outcome as it is stored while retries are possible. */
export function recordOutcome(outcome: Outcome): PushOutcome {
  if (outcome.status === "accepted") return { state: "accepted", messageId: outcome.messageId };
  const state = outcome.status === "unavailable" ? "waiting" : "failed";
  return { state, code: outcome.code, ...pickApnsReason(outcome) };
}
