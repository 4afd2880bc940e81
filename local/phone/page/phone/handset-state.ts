import type { Push } from "../stack/fcm.ts";
import type { AppState } from "./app-state.ts";
import type { Mode, SavedPhone } from "./saved-phones.ts";
import type { Trace } from "./trace.ts";

/** A phone as the page shows it. */
export interface HandsetState {
  readonly saved: SavedPhone;
  /** `undefined` until the phone is up. */
  readonly mode: Mode | undefined;
  /** What the phone is on its way to. */
  readonly target: Mode | undefined;
  /** Why it does not get there. */
  readonly error: unknown;
  readonly isListening: boolean;
  /** `undefined` while the app does not run. */
  readonly app: AppState | undefined;
  /** What the system shows by itself: the latest push that has a text. */
  readonly notification: Push["notification"];
  readonly trace: Pick<Trace, "own" | "calls">;
}
