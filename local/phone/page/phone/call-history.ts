import type { HistoryEntry } from "../../wire.ts";
import type { Service } from "../stack/service.ts";

/** A user's calls as far as they are known. */
export interface HistoryState {
  /** Newest first; `undefined` until they are loaded for the first time. */
  readonly entries: readonly HistoryEntry[] | undefined;
  /** Why they could not be loaded. */
  readonly error: unknown;
}

/** The service writes a call's end a moment after the phone knows of it; several changes make one reload. */
const settleMs = 400;

/** The list of a user's calls on one phone. */
export class CallHistory {
  readonly #service: Pick<Service, "listCalls">;
  readonly #onChange: () => void;
  #state: HistoryState = { entries: undefined, error: undefined };
  #timer: number | undefined;

  constructor(service: Pick<Service, "listCalls">, onChange: () => void) {
    this.#service = service;
    this.#onChange = onChange;
  }

  get state(): HistoryState {
    return this.#state;
  }

  /** Loads the list soon. */
  refresh(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.load(), settleMs);
  }

  /** Loads the list now; failing, it keeps what it had. */
  async load(): Promise<void> {
    try {
      this.#state = { entries: await this.#service.listCalls(), error: undefined };
    } catch (error) {
      this.#state = { ...this.#state, error };
    }
    this.#onChange();
  }
}
