import type { CallEnd, ConnectionState } from "../../../../packages/client/src/call-client.ts";
import type { Call } from "../../../../packages/client/src/call.ts";
import type { HistoryState } from "./call-history.ts";

/** A call on this phone. `answeredAt` is in milliseconds since the epoch; an active call without it is being connected. */
export type PhoneCall = Omit<Call, "ringEndsAt"> & { readonly answeredAt: number | undefined };

/** Everything that the app shows. */
export interface AppState {
  /** The numbers that ring this phone. */
  readonly extens: readonly string[];
  readonly connection: ConnectionState;
  /** Oldest first. */
  readonly calls: readonly PhoneCall[];
  /** The call that ended last, and when, in milliseconds since the epoch. */
  readonly lastEnded: { readonly call: PhoneCall; readonly reason: CallEnd; readonly at: number } | undefined;
  readonly history: HistoryState;
}
