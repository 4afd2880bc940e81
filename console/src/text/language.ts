import { en } from "./en.ts";
import { ko } from "./ko.ts";
import type { Texts } from "./texts.ts";

/** A language of the console, as in the `lang` attribute. */
export type Language = "en" | "ko";

/** The console's texts in each language. */
export const texts: Readonly<Record<Language, Texts>> = { en, ko };

const key = "pbx-push language";

/** The language that was chosen before, or else the browser's. */
export function findLanguage(): Language {
  const chosen = readChosen() ?? navigator.language;
  return chosen.startsWith("ko") ? "ko" : "en";
}

/** Saves the language for the next visit. */
export function rememberLanguage(language: Language): void {
  try {
    localStorage.setItem(key, language);
  } catch {
    // Without storage, the next visit starts with the browser's language.
  }
}

function readChosen(): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
