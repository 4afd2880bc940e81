import type { HistoryEntry } from "../../wire.ts";
import type { Service } from "../stack/service.ts";

/** The loaded calls of a user. */
export interface HistoryState {
  /** Newest first; `undefined` until first loaded. */
  readonly entries: readonly HistoryEntry[] | undefined;
  /** Error of the last load. */
  readonly error: unknown;
}

/** Debounce of reloads: the service writes a call's end a moment after the phone knows of it. */
const debounceMs = 400;

/** The call history on one phone. */
export class CallHistory {
  readonly #service: Pick<Service, "listCalls">;
  readonly #onChange: () => void;
  #state: HistoryState = { entries: undefined, error: undefined };
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(service: Pick<Service, "listCalls">, onChange: () => void) {
    this.#service = service;
    this.#onChange = onChange;
  }

  get state(): HistoryState {
    return this.#state;
  }

  /** Loads the list after the debounce. */
  refresh(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.load(), debounceMs);
  }

  /** Forgets a reload that is due. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Loads the list now; on an error, it keeps the old entries. */
  async load(): Promise<void> {
    try {
      this.#state = { entries: await this.#service.listCalls(), error: undefined };
    } catch (error) {
      this.#state = { ...this.#state, error };
    }
    this.#onChange();
  }
}
