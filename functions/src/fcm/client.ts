// https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send
import type { GoogleAuthOptions } from "google-auth-library";
import { systemClock, type Clock } from "../clock.ts";
import type { Budget } from "../transport/budget.ts";
import { openConnections, type Connections } from "../transport/connections.ts";
import type { Outcome } from "../transport/outcome.ts";
import { fixAccessToken, shareAccessToken, type AccessTokens, type FetchAccessToken } from "./access-token.ts";
import { fetchGoogleAccessToken } from "./google-access-token.ts";
import type { FcmMessage, Target } from "./message.ts";
import { sendEach, type Addressed, type Settled } from "./send-each.ts";
import { createSender, type Refusal } from "./sender.ts";

/** Options of an FCM client; only `projectId` is needed in production. */
export interface FcmClientOptions {
  readonly projectId: string;
  /** `host:port` of the FCM emulator: no TLS, and `owner` as token. */
  readonly emulatorHost?: string;
  /** Origin of FCM, if it is neither Google's nor the emulator's. */
  readonly origin?: string;
  /** A certificate authority to trust instead of the machine's. */
  readonly ca?: string;
  /** Maximum number of connections. */
  readonly connections?: number;
  /** Credentials other than the Application Default ones. */
  readonly googleAuth?: GoogleAuthOptions;
  /** An issuer of access tokens other than Google. */
  readonly fetchToken?: FetchAccessToken;
  /** Called with the reason when there is no access token, for the log; the outcomes only say `oauth_unavailable`. */
  readonly onTokenError?: (error: unknown) => void;
  /** Called when FCM refuses our credentials, for the log: once until FCM accepts some again. */
  readonly onCredentialsRefused?: (refusal: Refusal) => void;
  /** FCM validates messages and delivers none. */
  readonly validateOnly?: boolean;
  readonly clock?: Clock;
  /** Random numbers in [0, 1) for the jitter of retries. */
  readonly random?: () => number;
}

/** Sends messages through FCM; every expected failure is an outcome, never an exception. */
export interface FcmClient {
  /** Sends one message within its budget. */
  send(target: Target, message: FcmMessage, budget: Budget): Promise<Outcome>;
  /**
   * Sends a stream of messages and yields each with its outcome as it completes, in no order. Only failed sends are
   * retried. A slow reader slows the sending down; if it stops reading, the outcomes of in-flight sends are lost.
   */
  sendEach<T extends Addressed>(
    items: Iterable<T> | AsyncIterable<T>,
    budget: Budget,
    options?: { readonly concurrency?: number },
  ): AsyncGenerator<Settled<T>, void, undefined>;
  /**
   * Fetches the access token ahead, so that the first send need not wait for it; a failure is reported to
   * `onTokenError`.
   */
  prepare(): Promise<void>;
  /** Waits for in-flight requests, then closes the connections. */
  close(): Promise<void>;
}

/** Timeout of the background warm-up fetch, in milliseconds. */
const prepareMs = 10_000;

const googleOrigin = "https://fcm.googleapis.com";

// The limit that FCM's servers grant, and undici's maximum.
const streamsPerConnection = 100;
// 2,400 in flight: at 100 ms an answer more than twice FCM's default quota of 10,000 a second.
const defaultConnections = 24;
// HTTP/1.1 (the emulator without TLS) carries one request at a time.
const defaultPlainConnections = 128;

/** An FCM client with connections and an access token that all its sends share; make one per process. */
export function createFcmClient(options: FcmClientOptions): FcmClient {
  const { projectId, validateOnly = false, clock = systemClock, random = Math.random, onCredentialsRefused } = options;
  const connections = chooseConnections(options, clock);
  const tokens = chooseTokens(options, clock);
  const path = `/v1/projects/${encodeURIComponent(projectId)}/messages:send`;
  const tools = { clock, random };
  const send = createSender({ path, connections, tokens, validateOnly, tools, onCredentialsRefused });
  return {
    send,
    sendEach: (items, budget, { concurrency } = {}) => {
      return sendEach(items, ({ target, message }) => send(target, message, budget), concurrency);
    },
    prepare: async () => {
      await tokens.get(prepareMs);
    },
    close: () => connections.close(),
  };
}

function chooseConnections(options: FcmClientOptions, clock: Clock): Connections {
  const { emulatorHost, ca } = options;
  const origin = options.origin ?? (emulatorHost === undefined ? googleOrigin : `http://${emulatorHost}`);
  const http2 = origin.startsWith("https:");
  return openConnections({
    origin,
    clock,
    http2,
    streams: http2 ? streamsPerConnection : 1,
    connections: options.connections ?? (http2 ? defaultConnections : defaultPlainConnections),
    ...(ca !== undefined && { ca }),
  });
}

function chooseTokens(options: FcmClientOptions, clock: Clock): AccessTokens {
  const { emulatorHost, googleAuth = {}, fetchToken, onTokenError } = options;
  if (fetchToken === undefined && emulatorHost !== undefined) return fixAccessToken("owner");
  return shareAccessToken({
    fetchToken: fetchToken ?? (() => fetchGoogleAccessToken(googleAuth, clock.now())),
    clock,
    ...(onTokenError !== undefined && { onError: onTokenError }),
  });
}
