// https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns
import { systemClock, type Clock } from "../clock.ts";
import type { Budget } from "../transport/budget.ts";
import { openConnections, type Connections } from "../transport/connections.ts";
import type { Outcome } from "../transport/outcome.ts";
import type { ApnsMessage, ApnsTarget } from "./message.ts";
import { findApns, type Origins } from "./origins.ts";
import { isFarewell, readGoAway } from "./parse-answer.ts";
import { createProviderTokens } from "./provider-token.ts";
import { createSender, type ApnsRefusal } from "./sender.ts";

/** Options of an APNs client; only the team, the key and its id are needed in production. */
export interface ApnsClientOptions {
  readonly teamId: string;
  readonly keyId: string;
  /** The text of Apple's `.p8` file. */
  readonly key: string;
  /** `host:port` of the APNs emulator, without TLS. */
  readonly emulatorHost?: string;
  /** Origins of APNs' two environments, if they are neither Apple's nor the emulator's. */
  readonly origins?: Origins;
  /** A certificate authority to trust instead of the machine's. */
  readonly ca?: string;
  /** Called when APNs refuses our credentials, for the log: once until APNs accepts some again. */
  readonly onCredentialsRefused?: (refusal: ApnsRefusal) => void;
  readonly clock?: Clock;
  /** Random numbers in [0, 1) for the jitter of retries. */
  readonly random?: () => number;
}

/** Sends VoIP pushes through APNs; every expected failure is an outcome, never an exception. */
export interface ApnsClient {
  /** Sends one message within its budget. */
  send(target: ApnsTarget, message: ApnsMessage, budget: Budget): Promise<Outcome>;
  /** Waits for in-flight requests, then closes the connections. */
  close(): Promise<void>;
}

// What APNs grants once a connection is authenticated; until then it grants one.
const streamsPerConnection = 1000;
// An instance rings a few phones at a time. Apple takes many short connections for an attack.
const maxConnections = 4;
/**
 * An instance without CPU between requests cannot see that a connection was closed, or keep it alive. Half of a call's
 * first second is enough for an answer, and the other half for a new connection.
 */
const doubtedAfterMs = 60_000;

/**
 * An APNs client with connections and a provider token that all its sends share; make one per process. Throws
 * `Misconfigured` if the key is none of Apple's.
 */
export function createApnsClient(options: ApnsClientOptions): ApnsClient {
  const { clock = systemClock, random = Math.random, onCredentialsRefused } = options;
  const tokens = createProviderTokens({ ...options, clock });
  const { origins, hosts } = findApns(options);
  const connections = {
    production: connectTo(origins.production, options, clock),
    sandbox: connectTo(origins.sandbox, options, clock),
  };
  return {
    send: createSender({ connections, hosts, tokens, tools: { clock, random }, onCredentialsRefused }),
    close: async () => {
      await Promise.all([connections.production.close(), connections.sandbox.close()]);
    },
  };
}

function connectTo(origin: string, { ca }: ApnsClientOptions, clock: Clock): Connections {
  return openConnections({
    origin,
    clock,
    http2: true,
    connections: maxConnections,
    streams: streamsPerConnection,
    startsAlone: true,
    doubtedAfterMs,
    isFarewell,
    readGoAway,
    ...(ca !== undefined && { ca }),
  });
}
