import type { PushData } from "../stack/push.ts";
import type { AppState } from "./app-state.ts";
import type { TracedCall } from "./trace.ts";

/** A running app, as its phone and the page use it. */
export interface App {
  readonly state: AppState;
  /** Handles the data of a push, which is about `call` if about any. */
  receive(data: PushData, call: TracedCall | undefined): Promise<unknown>;
  /** Comes to the foreground: connects, and loads the history. */
  open(): void;
  /** Goes to sleep if it is idle: closes the WebSocket, which only a push opens again. */
  suspendWhenIdle(): void;
  /** Has lost the network: looks for its PBX only while it has a call, which rings on, as on a real phone. */
  disconnect(): void;
  /** Ends; active calls end with it. */
  quit(): void;
  /** Reloads the history if the app is open. */
  refreshHistory(): void;
  /** Removes the end of the last call from the screen. */
  dismissEnded(): void;
  answer(id: string): Promise<void>;
  decline(id: string): Promise<void>;
  hangUp(id: string): Promise<void>;
}
