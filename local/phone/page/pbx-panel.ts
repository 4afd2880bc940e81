import type { CallAction, PanelCall } from "../wire.ts";
import { checkCallForm, type CallForm, type FormErrors } from "./check-call-form.ts";
import { actOnCall, placeCall } from "./stack/page-server.ts";
import { StackError } from "./stack/stack-error.ts";

/** What the PBX panel shows. */
export interface PbxPanelState {
  /** Oldest first; `undefined` until loaded. */
  readonly calls: readonly PanelCall[] | undefined;
  readonly form: CallForm;
  /** What was wrong with the form when it was last placed, as far as it still is. */
  readonly wrong: FormErrors;
  /** Error of the last action. */
  readonly error: unknown;
}

/** State and actions of the PBX panel. */
export class PbxPanel {
  readonly #onChange: () => void;
  /** Linkedids of calls whose phone hung up before the PBX knew of its answer. */
  readonly #hungUpEarly = new Set<string>();
  #state: PbxPanelState = {
    calls: undefined,
    form: { callerName: "홍길동", callerId: "01012345678", extens: [], otherExten: "", ringSeconds: "30" },
    wrong: {},
    error: undefined,
  };

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get state(): PbxPanelState {
    return this.#state;
  }

  /** Changes fields of the form. */
  edit(fields: Partial<CallForm>): void {
    const form = { ...this.#state.form, ...fields };
    // A new fault is told when the call is placed, not while it is typed.
    const still = Object.entries(checkCallForm(form)).filter(([name]) => name in this.#state.wrong);
    this.#set({ form, wrong: Object.fromEntries(still) });
  }

  /** Takes the PBX's current calls. */
  receive(calls: readonly PanelCall[]): void {
    this.#set({ calls });
    for (const { linkedId, state } of calls) {
      if (state === "answered" && this.#hungUpEarly.delete(linkedId)) void this.act(linkedId, "hang-up");
    }
  }

  /** Places the call of the form, if nothing is wrong with it. */
  async place(): Promise<void> {
    const wrong = checkCallForm(this.#state.form);
    this.#set({ wrong });
    if (Object.keys(wrong).length > 0) return;
    const { callerName, callerId, extens, otherExten, ringSeconds } = this.#state.form;
    const other = otherExten.trim();
    this.#set({ error: undefined });
    await this.#attempt(async () => {
      const all = other === "" ? extens : [...extens, other];
      await placeCall({ callerName, callerId, extens: all, ringSeconds: Number(ringSeconds) });
    });
  }

  /** An action of the caller or the desk phone. */
  async act(linkedId: string, action: CallAction): Promise<void> {
    this.#set({ error: undefined });
    await this.#attempt(() => actOnCall(linkedId, action));
  }

  /** Ends the SIP leg of a phone that has hung up; a call of another PBX has none. */
  async hangUpLeg(linkedId: string): Promise<void> {
    try {
      await actOnCall(linkedId, "hang-up");
    } catch (error) {
      if (!(error instanceof StackError)) throw error;
      if (error.status === 409) this.#hungUpEarly.add(linkedId);
      else if (error.status !== 404) this.#set({ error });
    }
  }

  async #attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#set({ error });
    }
  }

  #set(change: Partial<PbxPanelState>): void {
    this.#state = { ...this.#state, ...change };
    this.#onChange();
  }
}
