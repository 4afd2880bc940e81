import type { Language } from "../text/language.ts";
import type { Texts } from "../text/texts.ts";

/** What every view needs. */
export interface ViewContext {
  readonly t: Texts;
  readonly language: Language;
  /** In milliseconds since the epoch. */
  readonly now: number;
}
