import type { EmulatorClock } from "./clock.ts";
import type { Counters } from "./counters.ts";
import type { FaultScript } from "./fault-script.ts";
import type { FaultReport } from "./faults.ts";
import type { Delivery, LossReason } from "./message-record.ts";
import type { NewRegistration, Registration, RegistrationState } from "./registrations.ts";

/** How to start the emulator; everything has a default. */
export interface FcmEmulatorOptions {
  readonly host?: string;
  /** 0 = any free port. */
  readonly port?: number;
  readonly clock?: EmulatorClock;
  /** PEM; given, the port speaks TLS only. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Sends to any other project get 404; left out, every project is right. */
  readonly projectId?: string;
  /** Messages kept in the records; past it the oldest are forgotten. */
  readonly maxMessages?: number;
  /** Streams one HTTP/2 connection may have open; left out, as many as it likes. */
  readonly maxConcurrentStreams?: number;
}

/** One accepted message as a test reads it. */
export interface AcceptedMessage {
  readonly id: string;
  readonly token: string | null;
  readonly fid?: string;
  /** The message parsed. */
  readonly message: unknown;
  /** The message as posted, character for character. */
  readonly messageText: string;
  readonly acceptedAt: string;
  readonly delivery: Delivery;
  readonly reason?: LossReason;
}

/** A running emulator. */
export interface FcmEmulator {
  /** Base URL, without a slash at the end. */
  readonly url: string;
  /** `host:port`, as FCM_EMULATOR_HOST wants it. */
  readonly address: string;
  /** Counts since the start; `connections` are those accepted, `openConnections` those open now. */
  readonly counters: Readonly<Counters> & { readonly connections: number; readonly openConnections: number };
  /** Makes an app install. */
  createRegistration(wanted?: NewRegistration): Registration;
  /** Switches an install, named by token or FID, on or off, or uninstalls it for good. */
  setState(address: string, state: RegistrationState): Registration;
  /** What was accepted, oldest first; for one token, or all. */
  messages(token?: string): AcceptedMessage[];
  /** Forgets every message. */
  clearMessages(): void;
  /** Scripts a fault; throws when it makes no sense. */
  addFault(fault: FaultScript): FaultReport;
  /** Forgets every fault. */
  clearFaults(): void;
  /** Sends GOAWAY on every HTTP/2 connection and finishes what is in flight. */
  sendAway(): void;
  /** Resets every connection, whatever is in flight. */
  dropConnections(): void;
  /** Stops listening and closes every connection. */
  close(): Promise<void>;
}
