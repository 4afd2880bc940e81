import type { Certificate } from "./certificate.ts";
import type { EmulatorClock } from "./clock.ts";
import type { Counters } from "./counters.ts";
import type { FaultScript } from "./fault-script.ts";
import type { FaultReport } from "./faults.ts";
import type { Delivery, LossReason } from "./message-record.ts";
import type { NewRegistration, Registration, RegistrationState } from "./registrations.ts";

/** How to start the emulator; everything has a default. */
export interface PushEmulatorOptions {
  /** 127.0.0.1 */
  readonly host?: string;
  /** 9190; 0 = any free port. */
  readonly port?: number;
  readonly clock?: EmulatorClock;
  /** The port speaks TLS as well, with this key and certificate (PEM); true = it makes one, whose CA is `ca`. */
  readonly tls?: boolean | Certificate;
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
  /** Of a send to a topic or condition: how many installs it was for. */
  readonly recipients?: number;
}

/** A running emulator. */
export interface PushEmulator {
  /** Base URL in cleartext, without a slash at the end. */
  readonly url: string;
  /** `host:port`, as FCM_EMULATOR_HOST wants it. */
  readonly address: string;
  /** With `tls: true`, the certificate to trust (PEM). */
  readonly ca?: string;
  /** Counts since the start; `connections` are those accepted, `openConnections` those open now. */
  readonly counters: Readonly<Counters> & { readonly connections: number; readonly openConnections: number };
  /** Makes an app install. */
  createRegistration(wanted?: NewRegistration): Registration;
  /** Switches an install, named by token or FID, on or off, or uninstalls it for good. */
  setState(address: string, state: RegistrationState): Registration;
  /** Subscribes an install, named by token or FID, to a topic, as its app may itself. */
  subscribe(address: string, topic: string): void;
  /** Ends a subscription. */
  unsubscribe(address: string, topic: string): void;
  /** An install's topics, in the order of their subscription. */
  topics(address: string): string[];
  /** The sends that were accepted, oldest first; for one token, what it got of sends to topics and conditions too. */
  messages(token?: string): AcceptedMessage[];
  /** Forgets every message. */
  clearMessages(): void;
  /** Scripts a fault; throws when it makes no sense. */
  addFault(fault: FaultScript): FaultReport;
  /** Forgets every fault. */
  clearFaults(): void;
  /** Forgets phones, their topics, messages and faults and counts from zero, as if it had just started. Connections stay. */
  reset(): void;
  /** Sends GOAWAY on every HTTP/2 connection and finishes what is in flight. */
  sendAway(): void;
  /** Resets every connection, whatever is in flight. */
  dropConnections(): void;
  /** Stops listening and closes every connection. */
  close(): Promise<void>;
}
