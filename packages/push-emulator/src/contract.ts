import type { Certificate } from "./certificate.ts";
import type { EmulatorClock } from "./clock.ts";
import type { Counters } from "./counters.ts";
import type { FaultScript } from "./fault-script.ts";
import type { FaultReport } from "./faults.ts";
import type { Delivery, LossReason } from "./message-record.ts";
import type { NewRegistration, Registration, RegistrationState } from "./registrations.ts";

/** Options of the emulator; everything has a default. */
export interface PushEmulatorOptions {
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** Default: 9190; 0 = any free port. */
  readonly port?: number;
  readonly clock?: EmulatorClock;
  /**
   * The port also serves TLS, with this key and certificate (PEM); true = generate a certificate, to be trusted as
   * `ca`.
   */
  readonly tls?: boolean | Certificate;
  /** Sends to any other project get 404; default: every project is accepted. */
  readonly projectId?: string;
  /** Maximum number of messages kept; the oldest are dropped. */
  readonly maxMessages?: number;
  /** Maximum number of open streams per HTTP/2 connection; default: unlimited. */
  readonly maxConcurrentStreams?: number;
}

/** One accepted message, for a test to read. */
export interface AcceptedMessage {
  readonly id: string;
  readonly token: string | null;
  readonly fid?: string;
  /** The parsed message. */
  readonly message: unknown;
  /** The message as posted, character for character. */
  readonly messageText: string;
  readonly acceptedAt: string;
  readonly delivery: Delivery;
  readonly reason?: LossReason;
  /** For a send to a topic or condition: the number of installs. */
  readonly recipients?: number;
}

/** A running emulator. */
export interface PushEmulator {
  /** Base URL in cleartext, without a slash at the end. */
  readonly url: string;
  /** `host:port`, the value for FCM_EMULATOR_HOST. */
  readonly address: string;
  /** With `tls: true`, the certificate to trust (PEM). */
  readonly ca?: string;
  /** Counts since the start; `connections` are those accepted, `openConnections` those open now. */
  readonly counters: Readonly<Counters> & { readonly connections: number; readonly openConnections: number };
  /** Creates an app install; throws if `wanted` is invalid, as the HTTP API answers 400. */
  createRegistration(wanted?: NewRegistration): Registration;
  /** Switches an install, named by token or FID, on or off, or uninstalls it for good; throws for another state. */
  setState(address: string, state: RegistrationState): Registration;
  /** Subscribes an install, named by token or FID, to a topic, as its app can do itself. */
  subscribe(address: string, topic: string): void;
  /** Ends a subscription. */
  unsubscribe(address: string, topic: string): void;
  /** An install's topics, in the order of their subscription. */
  topics(address: string): string[];
  /** The accepted sends, oldest first; for one token, including its sends to topics and conditions. */
  messages(token?: string): AcceptedMessage[];
  /** Deletes all messages. */
  clearMessages(): void;
  /** Scripts a fault; throws if it is invalid. */
  addFault(fault: FaultScript): FaultReport;
  /** Deletes all faults. */
  clearFaults(): void;
  /**
   * Deletes phones, their topics, messages and faults and resets the counters, as after a start. Connections stay open.
   */
  reset(): void;
  /** Sends GOAWAY on every HTTP/2 connection and finishes what is in flight. */
  sendAway(): void;
  /** Resets every connection, whatever is in flight. */
  dropConnections(): void;
  /** Stops listening and closes every connection. */
  close(): Promise<void>;
}
