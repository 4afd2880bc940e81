import { ClientGone } from "./body-reader.ts";
import { buildRpcError } from "./fcm-errors.ts";
import type { Exchange } from "./exchange.ts";
import { answerSend } from "./send-endpoint.ts";
import type { SendServices } from "./send-endpoint.ts";

const SEND_PATH = /^\/v1\/projects\/([^/?]+)\/messages:send(?:\?|$)/;

/** Takes every request: sends go straight to FCM's endpoint, what else is under /v1 is refused as Google would, the rest is routed. */
export function createFcmReceiver(
  services: SendServices,
  route: (exchange: Exchange) => Promise<void>,
): (exchange: Exchange) => void {
  return (exchange) => {
    if (exchange.target.startsWith("/v1/")) receiveFcmCall(services, exchange).catch(swallowOrAnswer(exchange));
    else route(exchange).catch(swallowOrAnswer(exchange));
  };
}

async function receiveFcmCall(services: SendServices, exchange: Exchange): Promise<void> {
  const project = SEND_PATH.exec(exchange.target)?.[1];
  if (project === undefined) return exchange.answer(buildRpcError(404, "Method not found."));
  if (exchange.method !== "POST") return exchange.answer(buildRpcError(405, "messages:send takes POST."));
  await answerSend(services, exchange, decodeProject(project));
}

function decodeProject(project: string): string {
  try {
    return decodeURIComponent(project);
  } catch {
    return project;
  }
}

/** A client that left needs no answer; anything else is a bug of ours and must be seen. */
function swallowOrAnswer(exchange: Exchange): (error: unknown) => void {
  return (error) => {
    if (error instanceof ClientGone) return;
    exchange.answer(buildRpcError(500, error instanceof Error ? (error.stack ?? error.message) : String(error)));
  };
}
