import type { PhoneConfig } from "../wire.ts";
import type { PbxPanelState } from "./pbx-panel.ts";
import type { HandsetState } from "./phone/handset-state.ts";
import type { Language } from "./text/language.ts";

/** All that the page shows. */
export interface PageState {
  readonly language: Language;
  readonly isRingToneOn: boolean;
  /** `undefined` until the stack has told. */
  readonly config: PhoneConfig | undefined;
  /** Whether the stack is there; `undefined` until that is known. */
  readonly isLive: boolean | undefined;
  /** Why the page could not start. */
  readonly startError: unknown;
  /** `undefined` until they are known. */
  readonly phones: readonly HandsetState[] | undefined;
  /** Why there is not one phone more, or one less. */
  readonly phonesError: unknown;
  readonly pbx: PbxPanelState;
}
