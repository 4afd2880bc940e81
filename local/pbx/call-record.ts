import type { Clock } from "../../functions/src/clock.ts";
import type { Channel } from "./pbx-event.ts";
import type { PlacedCall } from "./placed-call.ts";

/** The shown state of a call; `onChange` is called after every change. */
export class CallRecord {
  #shown: PlacedCall;
  readonly #placedAt: number;
  readonly #clock: Clock;
  readonly #onChange: () => void;

  constructor(channels: readonly [Channel, ...Channel[]], clock: Clock, onChange: () => void) {
    const [{ linkedId, callerId, callerName }] = channels;
    const extens = channels.map(({ exten }) => exten);
    this.#clock = clock;
    this.#onChange = onChange;
    this.#placedAt = clock.now();
    const placedAt = new Date(this.#placedAt).toISOString();
    this.#shown = { linkedId, callerId, callerName, extens, state: "waking", placedAt, steps: [] };
  }

  /** A snapshot of the call. */
  get shown(): PlacedCall {
    return this.#shown;
  }

  /** Whether the call still rings. */
  get isUnanswered(): boolean {
    return this.#shown.state === "waking" || this.#shown.state === "ringing";
  }

  /** Adds a step. */
  note(what: string): void {
    this.change({}, what);
  }

  /** Changes the call's state, and adds a step if one is given. */
  change(change: Partial<Pick<PlacedCall, "state" | "answeredBy" | "endedBy" | "ringsDeskOnly">>, what?: string): void {
    const step = what === undefined ? [] : [{ atMs: this.#clock.now() - this.#placedAt, what }];
    this.#shown = { ...this.#shown, ...change, steps: [...this.#shown.steps, ...step] };
    this.#onChange();
  }
}
