import type { PhoneConfig } from "../wire.ts";
import type { PbxPanelState } from "./pbx-panel.ts";
import type { HandsetState } from "./phone/handset-state.ts";
import type { Language } from "./text/language.ts";

/** Everything that the page shows. */
export interface PageState {
  readonly language: Language;
  readonly isRingToneOn: boolean;
  /** `undefined` until loaded. */
  readonly config: PhoneConfig | undefined;
  /** Whether the stack answers; `undefined` until known. */
  readonly isLive: boolean | undefined;
  /** Why the page could not start. */
  readonly startError: unknown;
  /** `undefined` until restored. */
  readonly phones: readonly HandsetState[] | undefined;
  /** Why a phone could not be added or removed. */
  readonly phonesError: unknown;
  readonly pbx: PbxPanelState;
}
