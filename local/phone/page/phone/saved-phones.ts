/** What a phone can be in: `uninstalled` is the app's state, the others are the phone's. */
export type Mode = "foreground" | "background" | "offline" | "uninstalled";

/** A phone as a tab remembers it over a reload. */
export interface SavedPhone {
  /** What people call it by: Phone 1, Phone 2. */
  readonly number: number;
  readonly deviceId: string;
  /** Whose phone it is. */
  readonly email: string;
  /** Its registration token; absent while the app is not installed. */
  readonly token?: string;
  readonly mode: Mode;
}

const key = "pbx-push phones";

/** The phones of this tab from before a reload; none in a new tab. */
export function loadPhones(): readonly SavedPhone[] {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by savePhones only
    return JSON.parse(sessionStorage.getItem(key) ?? "[]") as readonly SavedPhone[];
  } catch {
    return [];
  }
}

/** Remembers the phones of this tab. */
export function savePhones(phones: readonly SavedPhone[]): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(phones));
  } catch {
    // A browser that stores nothing makes new phones after a reload.
  }
}
