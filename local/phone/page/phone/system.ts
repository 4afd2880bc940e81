import type { Push } from "../stack/push.ts";
import type { App } from "./app.ts";
import type { Notifications } from "./notifications.ts";
import type { AppParts } from "./phone-app.ts";

/** A phone's system: it receives the pushes, shows notifications, and builds the app's process. */
export interface System {
  readonly notifications: Notifications;
  /** Builds the app when it is started, for a user with these extens, as far as they are known. */
  buildApp(extens: () => readonly string[]): App;
  receive(push: Push): Promise<void>;
  /** The app is installed anew: forgets everything about the former install. */
  forgetInstall(): void;
}

/** What a system can do with the app's process. */
export interface AppProcess {
  /** The running app; waits for one that is starting. */
  find(): Promise<App | undefined>;
  /** Starts the app in the background if it does not run. */
  wake(): Promise<void>;
  kill(): void;
  /** Whether the app is in the foreground. */
  isOpen(): boolean;
}

/** Options of a system. */
export interface SystemOptions {
  readonly parts: AppParts;
  readonly process: AppProcess;
}
