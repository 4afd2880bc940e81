import type { Platform } from "../stack/push.ts";
import type { StoredTexts } from "./app-storage.ts";

/** State of a phone; only an iPhone's app can be `closed` by its user. */
export type Mode = "foreground" | "background" | "closed" | "offline" | "uninstalled";

/** What only an iPhone has. */
export interface SavedIos {
  readonly isLocked: boolean;
  /** Whether its app forgets to report calls to CallKit. */
  readonly forgetsToReport: boolean;
  /** How many VoIP pushes the app has not reported since it was installed. */
  readonly misses: number;
}

/** A phone, as saved for a reload of the tab. */
export interface SavedPhone {
  /** Number in its name: Phone 1, Phone 2. */
  readonly number: number;
  readonly platform: Platform;
  readonly deviceId: string;
  /** Its user. */
  readonly email: string;
  /** Its registration token; absent if the app is not installed. */
  readonly token?: string;
  readonly mode: Mode;
  readonly ios?: SavedIos;
  /** What its app has stored. */
  readonly stored?: StoredTexts;
}

const key = "pbx-push phones 2";

/** Loads the saved phones of this tab; a new tab has none. */
export function loadPhones(): readonly SavedPhone[] {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by savePhones only
    return JSON.parse(sessionStorage.getItem(key) ?? "[]") as readonly SavedPhone[];
  } catch {
    return [];
  }
}

/** Saves the phones of this tab. */
export function savePhones(phones: readonly SavedPhone[]): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(phones));
  } catch {
    // Without storage, there are new phones after a reload.
  }
}
