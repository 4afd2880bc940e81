import type { CallAction, PanelCall } from "../wire.ts";
import { actOnCall, placeCall } from "./stack/page-server.ts";
import { Trouble } from "./stack/trouble.ts";

/** The call that somebody is about to place, as it stands in the form. */
export interface CallForm {
  readonly callerName: string;
  readonly callerId: string;
  /** The lines that are ticked. */
  readonly extens: readonly string[];
  /** One more number, whoever has it; empty for none. */
  readonly otherExten: string;
  readonly ringSeconds: string;
}

/** What the PBX panel shows. */
export interface PbxPanelState {
  /** Oldest first; `undefined` until the PBX has told. */
  readonly calls: readonly PanelCall[] | undefined;
  readonly form: CallForm;
  /** Why the last thing that was asked for did not happen. */
  readonly error: unknown;
}

/** The PBX's side of the page. */
export class PbxPanel {
  readonly #onChange: () => void;
  /** Phones that hung up before the PBX had learned that they had answered. */
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

  /** Changes what stands in the form. */
  edit(fields: Partial<CallForm>): void {
    this.#set({ form: { ...this.#state.form, ...fields } });
  }

  /** Takes the PBX's calls as they are now. */
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

  /** What the caller or the desk phone does. */
  async act(linkedId: string, action: CallAction): Promise<void> {
    this.#set({ error: undefined });
    await this.#attempt(() => actOnCall(linkedId, action));
  }

  /** Ends the SIP leg of a phone that has hung up; a call that came from elsewhere has none. */
  async hangUpLeg(linkedId: string): Promise<void> {
    try {
      await actOnCall(linkedId, "hang-up");
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      if (error.status === 409) this.#hungUpEarly.add(linkedId);
      else if (error.status !== 404) this.#set({ error });
    }
  }

  async #attempt(what: () => Promise<void>): Promise<void> {
    try {
      await what();
    } catch (error) {
      this.#set({ error });
    }
  }

  #set(change: Partial<PbxPanelState>): void {
    this.#state = { ...this.#state, ...change };
    this.#onChange();
  }
}
