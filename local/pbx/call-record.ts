import type { Clock } from "../../functions/src/clock.ts";
import type { Channel } from "./pbx-event.ts";
import type { PlacedCall } from "./placed-call.ts";

/** What is shown of a call; whoever shows it is told of every change. */
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

  /** The call as it stands: a snapshot. */
  get shown(): PlacedCall {
    return this.#shown;
  }

  /** Whether nobody has answered it yet, and somebody still may. */
  get isUnanswered(): boolean {
    return this.#shown.state === "waking" || this.#shown.state === "ringing";
  }

  /** Adds a step. */
  note(what: string): void {
    this.change({}, what);
  }

  /** Changes how the call stands, with the step that brought it about when there is one to tell of. */
  change(change: Partial<Pick<PlacedCall, "state" | "answeredBy" | "endedBy">>, what?: string): void {
    const step = what === undefined ? [] : [{ atMs: this.#clock.now() - this.#placedAt, what }];
    this.#shown = { ...this.#shown, ...change, steps: [...this.#shown.steps, ...step] };
    this.#onChange();
  }
}
