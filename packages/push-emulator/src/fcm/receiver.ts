import { ClientGone } from "../body-reader.ts";
import { buildJsonAnswer } from "../exchange.ts";
import type { Exchange } from "../exchange.ts";
import { buildRpcError } from "./errors.ts";
import { FOREIGN_PAGE, isFromForeignPage } from "../foreign-page.ts";
import { answerSend } from "./send-endpoint.ts";
import type { SendServices } from "./send-endpoint.ts";
import { answerBatch, answerSubscription } from "./topic-endpoints.ts";
import type { TopicServices } from "./topic-endpoints.ts";

const SEND_PATH = /^\/v1\/projects\/([^/?]+)\/messages:send(?:\?|$)/;
const SUBSCRIPTION_PATH =
  /^\/v1\/projects\/([^/?]+)\/registrations\/([^/?]+)\/topicSubscriptions(?:\/([^/?]+))?(?:\?(.*))?$/;
const BATCH_PATH = /^\/iid\/v1:(batchAdd|batchRemove)(?:\?|$)/;
/** Where Google's libraries exchange a service account's key for an access token. */
const TOKEN_PATH = /^\/(?:oauth2\/v4\/)?token(?:\?|$)/;

type Receive = (exchange: Exchange) => Promise<void>;

/**
 * Handles every request. Those of web sites' pages are refused. Those to Google's APIs go to their endpoints, which give
 * Google's errors; the rest goes to the router.
 */
export function createFcmReceiver(
  services: SendServices & TopicServices & { readonly host: string },
  route: Receive,
): (exchange: Exchange) => void {
  return (exchange) => {
    if (isFromForeignPage(exchange.headers, services.host)) return exchange.answer(FOREIGN_PAGE);
    const receive = isGoogles(exchange.target) ? receiveGoogleCall(services, exchange) : route(exchange);
    receive.catch(swallowOrAnswer(exchange));
  };
}

function isGoogles(target: string): boolean {
  return target.startsWith("/v1/") || target.startsWith("/iid/") || TOKEN_PATH.test(target);
}

async function receiveGoogleCall(services: SendServices & TopicServices, exchange: Exchange): Promise<void> {
  const { method, target } = exchange;
  const project = SEND_PATH.exec(target)?.[1];
  if (project !== undefined) {
    if (method !== "POST") return exchange.answer(buildRpcError(405, "messages:send allows POST only."));
    return answerSend(services, exchange, decode(project));
  }
  const [, owner, address, topic, query] = SUBSCRIPTION_PATH.exec(target) ?? [];
  if (owner !== undefined && address !== undefined) {
    const path = { project: decode(owner), address: decode(address), topic: topic && decode(topic) };
    return exchange.answer(await answerSubscription(services, exchange, path, new URLSearchParams(query)));
  }
  const action = BATCH_PATH.exec(target)?.[1];
  if (method === "POST" && (action === "batchAdd" || action === "batchRemove")) {
    return exchange.answer(await answerBatch(services, exchange, action));
  }
  if (method === "POST" && TOKEN_PATH.test(target)) {
    const token = { access_token: "push-emulator", expires_in: 3599, token_type: "Bearer" };
    return exchange.answer(buildJsonAnswer(200, token));
  }
  exchange.answer(buildRpcError(404, "Method not found."));
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** A client that disconnected needs no answer; anything else is a bug of ours and must be visible. */
function swallowOrAnswer(exchange: Exchange): (error: unknown) => void {
  return (error) => {
    if (error instanceof ClientGone) return;
    exchange.answer(buildRpcError(500, error instanceof Error ? (error.stack ?? error.message) : String(error)));
  };
}
