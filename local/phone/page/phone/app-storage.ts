import type { TextStorage } from "../../../../packages/client/src/call-client.ts";

/** Texts by their keys. */
export type StoredTexts = Readonly<Record<string, string>>;

/** What the app keeps on its phone: it outlives the app's process and a reload of the tab, but not the install. */
export class AppStorage implements TextStorage {
  readonly #onChange: () => void;
  #texts: StoredTexts;

  constructor(texts: StoredTexts, onChange: () => void) {
    this.#texts = texts;
    this.#onChange = onChange;
  }

  get texts(): StoredTexts {
    return this.#texts;
  }

  getItem(key: string): string | null {
    return this.#texts[key] ?? null;
  }

  setItem(key: string, value: string): void {
    this.#texts = { ...this.#texts, [key]: value };
    this.#onChange();
  }

  /** Forgets everything, as an uninstall does. */
  clear(): void {
    this.#texts = {};
    this.#onChange();
  }
}
