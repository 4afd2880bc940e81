import type { CallAction, PanelCall } from "../wire.ts";
import { actOnCall, placeCall } from "./stack/page-server.ts";
import { StackError } from "./stack/stack-error.ts";

/** The fields of the call form. */
export interface CallForm {
  readonly callerName: string;
  readonly callerId: string;
  /** The checked lines. */
  readonly extens: readonly string[];
  /** One more number; empty for none. */
  readonly otherExten: string;
  readonly ringSeconds: string;
}

/** What the PBX panel shows. */
export interface PbxPanelState {
  /** Oldest first; `undefined` until loaded. */
  readonly calls: readonly PanelCall[] | undefined;
  readonly form: CallForm;
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
    this.#set({ form: { ...this.#state.form, ...fields } });
  }

  /** Takes the PBX's current calls. */
  receive(calls: readonly PanelCall[]): void {
    this.#set({ calls });
    for (const { linkedId, state } of calls) {
      if (state === "answered" && this.#hungUpEarly.delete(linkedId)) void this.act(linkedId, "hang-up");
    }
  }

  /** Places the call of the form. */
  async place(): Promise<void> {
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
