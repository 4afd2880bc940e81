import type { AcceptedMessage } from "./accepted-message.ts";
import type { ApnsTeam } from "./apns/provider-keys.ts";
import type { ApnsReason } from "./apns/reasons.ts";
import type { Certificate } from "./certificate.ts";
import type { EmulatorClock } from "./clock.ts";
import type { EmulatorCounters } from "./counters.ts";
import type { FaultScript } from "./fault-script.ts";
import type { FaultReport } from "./faults.ts";
import type { ApnsEnvironment, NewRegistration, Registration, RegistrationState } from "./registrations.ts";

/** Options of the emulator; everything has a default. */
export interface PushEmulatorOptions {
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** The port of FCM, the inbox and the control API. Default: 9190; 0 = any free port. */
  readonly port?: number;
  /** The port of APNs' production environment. Default: the one after `port`; 0 = any free port. */
  readonly apnsPort?: number;
  /** The port of APNs' sandbox. Default: the one after `apnsPort`; 0 = any free port. */
  readonly apnsSandboxPort?: number;
  /** Whose provider tokens APNs accepts; default: those signed with `demoApnsKey`. */
  readonly apns?: ApnsTeam;
  readonly clock?: EmulatorClock;
  /**
   * The ports also serve TLS, with this key and certificate (PEM); true = generate a certificate, to be trusted as
   * `ca`.
   */
  readonly tls?: boolean | Certificate;
  /** FCM's sends to any other project get 404; default: every project is accepted. */
  readonly projectId?: string;
  /** Maximum number of messages kept; the oldest are dropped. */
  readonly maxMessages?: number;
  /** Maximum number of open streams per HTTP/2 connection to FCM; default: unlimited. */
  readonly maxConcurrentStreams?: number;
}

/** Where a port listens. */
export interface PortAddress {
  /** Base URL in cleartext, without a slash at the end. */
  readonly url: string;
  /** `host:port`. */
  readonly address: string;
}

/** A running emulator. */
export interface PushEmulator {
  /** FCM's base URL in cleartext, without a slash at the end. */
  readonly url: string;
  /** `host:port` of FCM, the value for FCM_EMULATOR_HOST. */
  readonly address: string;
  /** The ports of APNs' environments; the value for APNS_EMULATOR_HOST is `apns.production.address`. */
  readonly apns: Readonly<Record<ApnsEnvironment, PortAddress>>;
  /** With `tls: true`, the certificate to trust (PEM). */
  readonly ca?: string;
  /** FCM's counts since the start, with those of APNs as `apns`. */
  readonly counters: EmulatorCounters;
  /** Creates an app install; throws if `wanted` is invalid, as the HTTP API answers 400. */
  createRegistration(wanted?: NewRegistration): Registration;
  /** Switches an install, named by any address, on or off, or uninstalls it for good; throws for another state. */
  setState(address: string, state: RegistrationState): Registration;
  /** Subscribes an install, named by any address, to a topic, as its app can do itself. */
  subscribe(address: string, topic: string): void;
  /** Ends a subscription. */
  unsubscribe(address: string, topic: string): void;
  /** An install's topics, in the order of their subscription. */
  topics(address: string): string[];
  /**
   * The accepted sends of both channels, oldest first; with a token, a FID or a VoIP token those to this install,
   * including sends to topics and conditions.
   */
  messages(address?: string): AcceptedMessage[];
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
  /** Sends GOAWAY on every HTTP/2 connection, to APNs with this reason, and finishes what is in flight. */
  sendAway(reason?: ApnsReason): void;
  /** Resets every connection, whatever is in flight. */
  dropConnections(): void;
  /** Stops listening and closes every connection. */
  close(): Promise<void>;
}
