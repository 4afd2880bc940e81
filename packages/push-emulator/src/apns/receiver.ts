import type { Http2Session } from "node:http2";

import { ClientGone } from "../body-reader.ts";
import { buildJsonAnswer } from "../exchange.ts";
import type { Exchange } from "../exchange.ts";
import { FOREIGN_PAGE, isFromForeignPage } from "../foreign-page.ts";
import { APPLE_HOSTS } from "../hosts.ts";
import type { ApnsEnvironment } from "../registrations.ts";
import { ProviderConnection } from "./provider-connection.ts";
import type { ProviderKeys } from "./provider-keys.ts";
import { answerPush } from "./push-endpoint.ts";
import type { PushServices } from "./push-endpoint.ts";

/** What is announced to a sender until it has shown a valid provider token, and what it is allowed then. */
export const STREAMS = { unknown: 1, known: 1000 } as const;

/** The parts of the emulator that an APNs port uses. */
export interface ApnsServices extends PushServices {
  readonly keys: ProviderKeys;
  /** The host name that the port listens on. */
  readonly host: string;
}

/** Handles every request to the port of one environment. */
export function createApnsReceiver(
  services: ApnsServices,
  environment: ApnsEnvironment,
): (exchange: Exchange, session?: Http2Session) => void {
  const connections = new WeakMap<Http2Session, ProviderConnection>();
  const getConnection = (session: Http2Session): ProviderConnection => {
    const connection = connections.get(session) ?? new ProviderConnection(services.keys, () => allowStreams(session));
    connections.set(session, connection);
    return connection;
  };
  return (exchange, session) => {
    // Without a session the client has disconnected.
    if (session === undefined) return;
    if (isFromForeignPage(exchange.headers, services.host)) return exchange.answer(FOREIGN_PAGE);
    answerPush(services, exchange, getConnection(session), findEnvironment(exchange) ?? environment).catch(
      swallowOrAnswer(exchange),
    );
  };
}

function allowStreams(session: Http2Session): void {
  if (!session.destroyed) session.settings({ maxConcurrentStreams: STREAMS.known });
}

/** The environment of the host that a request names, if it is one of Apple's: redirected senders share a port. */
function findEnvironment({ headers }: Exchange): ApnsEnvironment | undefined {
  const host = (headers[":authority"] ?? headers.host ?? "").toString().replace(/:\d+$/, "");
  if (host === APPLE_HOSTS.production) return "production";
  return host === APPLE_HOSTS.sandbox ? "sandbox" : undefined;
}

/** A client that disconnected needs no answer; anything else is a bug of ours and must be visible. */
function swallowOrAnswer(exchange: Exchange): (error: unknown) => void {
  return (error) => {
    if (error instanceof ClientGone) return;
    const bug = error instanceof Error ? (error.stack ?? error.message) : String(error);
    exchange.answer(buildJsonAnswer(500, { reason: "InternalServerError", bug }));
  };
}
