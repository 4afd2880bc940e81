import type { PhoneConfig } from "../wire.ts";
import type { PageState } from "./page-state.ts";
import { PbxPanel, type PbxPanelState } from "./pbx-panel.ts";
import type { Handset } from "./phone/handset.ts";
import { Phones } from "./phone/phones.ts";
import { RingTone } from "./ring-tone.ts";
import { loadConfig, watchCalls } from "./stack/page-server.ts";
import type { Platform } from "./stack/push.ts";
import { findLanguage, rememberLanguage, texts, type Language } from "./text/language.ts";

type OwnState = Pick<PageState, "language" | "config" | "isLive" | "startError" | "phonesError">;

/** The browser cannot connect more phones. */
export class TooManyPhones extends Error {}

/** State of the page, and the actions of its user. */
export class PageModel {
  readonly pbx: PbxPanel;
  readonly #onChange: () => void;
  readonly #ringTone = new RingTone();
  #state: OwnState = {
    language: findLanguage(),
    config: undefined,
    isLive: undefined,
    startError: undefined,
    phonesError: undefined,
  };
  #phones: Phones | undefined;
  #areRestored = false;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.pbx = new PbxPanel(onChange);
  }

  get state(): PageState {
    return {
      ...this.#state,
      isRingToneOn: this.#ringTone.isAllowed,
      phones: this.#areRestored ? this.handsets.map(({ state }) => state) : undefined,
      pbx: this.pbx.state,
    };
  }

  get handsets(): readonly Handset[] {
    return this.#phones?.handsets ?? [];
  }

  /** Loads the stack's configuration and starts the phones; an error is put into the state. */
  async start(): Promise<void> {
    try {
      const config = await loadConfig();
      this.#set({ config });
      this.pbx.edit({ extens: config.users[0].lines.slice(0, 1) });
      watchCalls({
        onCalls: (calls) => this.#receiveCalls(calls),
        onLive: (isLive) => void this.#noteLive(isLive, config),
      });
      this.#phones = new Phones({
        config,
        locale: () => this.#state.language,
        nameOf: (number) => texts[this.#state.language].phone.name(number),
        onChange: () => this.#change(),
        hangUpLeg: (linkedId) => void this.pbx.hangUpLeg(linkedId),
      });
      await this.#phones.restore();
      this.#areRestored = true;
      this.#change();
    } catch (error) {
      this.#set({ startError: error });
    }
  }

  switchLanguage(language: Language): void {
    rememberLanguage(language);
    this.#set({ language });
  }

  switchRingTone(): void {
    if (this.#ringTone.isAllowed) this.#ringTone.forbid();
    else this.#ringTone.allow();
    this.#change();
  }

  async addPhone(email: string, platform: Platform): Promise<void> {
    const isAdded = await this.#phones?.add(email, platform);
    this.#set({ phonesError: isAdded === false ? new TooManyPhones() : undefined });
  }

  async removePhone(handset: Handset): Promise<void> {
    try {
      await this.#phones?.remove(handset);
      this.#set({ phonesError: undefined });
    } catch (error) {
      this.#set({ phonesError: error });
    }
  }

  #receiveCalls(calls: NonNullable<PbxPanelState["calls"]>): void {
    const countEnded = (all: typeof calls | undefined) => all?.filter(({ state }) => state === "ended").length;
    const hasEnded = countEnded(calls) !== countEnded(this.pbx.state.calls);
    this.pbx.receive(calls);
    // The history also lists calls that this phone missed while asleep.
    if (hasEnded) for (const { app } of this.handsets) app?.refreshHistory();
  }

  /** Reloads the page after a restart of the stack, which forgets phones and logins and may have a newer page. */
  async #noteLive(isLive: boolean, { run }: PhoneConfig): Promise<void> {
    const wasLost = this.#state.isLive === false;
    this.#set({ isLive });
    if (!isLive || !wasLost) return;
    const config = await loadConfig().catch(() => undefined);
    if (config !== undefined && config.run !== run) location.reload();
  }

  #set(change: Partial<OwnState>): void {
    this.#state = { ...this.#state, ...change };
    this.#onChange();
  }

  #change(): void {
    const calls = this.handsets.flatMap(({ app }) => app?.state.calls ?? []);
    this.#ringTone.ring(calls.some(({ state }) => state === "ringing"));
    this.#onChange();
  }
}
