import type { Push } from "../stack/fcm.ts";
import type { AppState } from "./app-state.ts";
import type { Mode, SavedPhone } from "./saved-phones.ts";
import type { Trace } from "./trace.ts";

/** A phone as the page shows it. */
export interface HandsetState {
  readonly saved: SavedPhone;
  /** `undefined` until the phone has started. */
  readonly mode: Mode | undefined;
  /** The mode that the phone is switching to. */
  readonly target: Mode | undefined;
  /** Why the switch failed. */
  readonly error: unknown;
  readonly isListening: boolean;
  /** `undefined` if the app does not run. */
  readonly app: AppState | undefined;
  /** The system notification: the text of the latest push with one. */
  readonly notification: Push["notification"];
  readonly trace: Pick<Trace, "own" | "calls">;
}
