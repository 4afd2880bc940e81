import type { Language } from "../text/language.ts";
import type { Texts } from "../text/texts.ts";

/** Language, texts and current time, for every view. */
export interface ViewContext {
  readonly t: Texts;
  readonly language: Language;
  /** Milliseconds since the epoch. */
  readonly now: number;
}
