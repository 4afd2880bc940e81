import type { CallEnd } from "../../../../../packages/client/src/call-client.ts";
import type { Call } from "../../../../../packages/client/src/call.ts";
import type { AppState, PhoneCall } from "../app-state.ts";
import { describe } from "../traced-client.ts";
import type { Trace } from "../trace.ts";

/** A call as an app reports it. */
export type ReportedCall = Pick<Call, "id" | "linkedId" | "callId" | "exten" | "number" | "name" | "callType">;

/** CallKit: the system's own screen for the calls that apps report, also on a locked iPhone. */
export class CallKit {
  readonly #trace: Trace;
  readonly #onChange: () => void;
  #calls: readonly PhoneCall[] = [];
  #lastEnded: AppState["lastEnded"];
  #reports = 0;

  constructor(trace: Trace, onChange: () => void) {
    this.#trace = trace;
    this.#onChange = onChange;
  }

  /** Oldest first. */
  get calls(): readonly PhoneCall[] {
    return this.#calls;
  }

  get lastEnded(): AppState["lastEnded"] {
    return this.#lastEnded;
  }

  /** Number of reports so far, those of known calls included: by it the system sees whether an app has reported. */
  get reports(): number {
    return this.#reports;
  }

  /** A shown call by the ids of a call, of which a call that only the PBX has announced lacks one. */
  find({ callId, linkedId }: Pick<Call, "callId" | "linkedId">): PhoneCall | undefined {
    return this.#calls.find((one) => {
      const hasBoth = one.callId !== undefined && callId !== undefined;
      return hasBoth ? one.callId === callId : one.linkedId === linkedId;
    });
  }

  /** Makes the iPhone ring for a call; one that is shown already is not shown twice. */
  report(call: ReportedCall): void {
    this.#reports += 1;
    const known = this.find(call);
    if (known !== undefined) return this.#change(known.id, call.callId === undefined ? {} : { callId: call.callId });
    const waiting = this.#calls.some(({ state }) => state === "active");
    this.#calls = [...this.#calls, { ...call, state: "ringing", waiting, answeredAt: undefined }];
    this.#trace.noteCall(describe(call), { kind: "callKit", waiting });
    this.#onChange();
  }

  /** The user has answered: the call is being connected. */
  answer(id: string): void {
    this.#change(id, { state: "active", waiting: false });
  }

  /** The app has connected the call. */
  connect(id: string): void {
    this.#change(id, { state: "active", waiting: false, answeredAt: Date.now() });
  }

  /** Ends a call; one that was never shown is listed as missed. */
  end(call: ReportedCall, reason: CallEnd): void {
    const shown = this.#calls.find(({ id }) => id === call.id);
    this.#calls = this.#calls.filter(({ id }) => id !== call.id);
    const ended = shown ?? { ...call, state: "ringing" as const, waiting: false, answeredAt: undefined };
    this.#lastEnded = { call: ended, reason, at: Date.now() };
    this.#trace.noteCall(describe(call), { kind: "ended", reason });
    this.#onChange();
  }

  /** Removes the end of the last call from the screen. */
  dismissEnded(): void {
    this.#lastEnded = undefined;
    this.#onChange();
  }

  /** The app is gone, and its calls with it. */
  reset(): void {
    this.#calls = [];
    this.#onChange();
  }

  #change(id: string, change: Partial<PhoneCall>): void {
    this.#calls = this.#calls.map((call) => (call.id === id ? { ...call, ...change } : call));
    this.#onChange();
  }
}
