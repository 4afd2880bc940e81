import type { AppState } from "./app-state.ts";
import type { IosState } from "./iphone/ios.ts";
import type { Notification } from "./notifications.ts";
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
  /** The system's notifications, newest first. */
  readonly notifications: readonly Notification[];
  /** `undefined` if it is no iPhone. */
  readonly ios: IosState | undefined;
  readonly trace: Pick<Trace, "own" | "calls">;
}
