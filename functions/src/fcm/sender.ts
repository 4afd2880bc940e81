import type { Clock } from "../clock.ts";
import { isWanted, type Budget } from "../transport/budget.ts";
import type { Connections } from "../transport/connections.ts";
import { markUnsure, nameUnanswered } from "../transport/exchange-outcome.ts";
import type { ExchangeResult } from "../transport/exchange.ts";
import { rejectIssue } from "../transport/message-issue.ts";
import type { Outcome } from "../transport/outcome.ts";
import { nameTooLate, notWanted, sendWithin, type RetryTools } from "../transport/retry.ts";
import type { AccessTokens } from "./access-token.ts";
import { checkMessage } from "./check-message.ts";
import { createEncoder } from "./encode-message.ts";
import type { FcmMessage, Target } from "./message.ts";
import { isAccessRefused, isTokenRefused, parseAnswer } from "./parse-answer.ts";

/** Parts of a sender. */
export interface SenderParts {
  /** The path of `messages:send` of the project. */
  readonly path: string;
  readonly connections: Connections;
  readonly tokens: AccessTokens;
  readonly tools: RetryTools;
  /** FCM validates messages and delivers none. */
  readonly validateOnly: boolean;
  /** Called when FCM refuses our credentials even with a new token; not again until FCM accepts some. */
  readonly onCredentialsRefused?: ((refusal: Refusal) => void) | undefined;
}

/** What FCM said about credentials that it refused. */
export interface Refusal {
  readonly code: string;
  readonly reason: string;
}

/** Sends one message to one target within its budget; every expected failure is an outcome. */
export type Send = (target: Target, message: FcmMessage, budget: Budget) => Promise<Outcome>;

interface SendRequest {
  readonly target: Target;
  readonly message: FcmMessage;
  readonly budget: Budget;
}

/** A sender over shared connections and a shared access token. */
export function createSender(parts: SenderParts): Send {
  const { path, connections, tokens, tools, validateOnly } = parts;
  const { clock } = tools;
  const classify = createClassifier(clock, parts.onCredentialsRefused);
  const encode = createEncoder({ validateOnly });
  // Built once per token: a million messages share one.
  let headers = { token: "", values: buildHeaders("") };
  const checked = {
    token: new WeakSet<FcmMessage>(),
    fid: new WeakSet<FcmMessage>(),
    fcmTopic: new WeakSet<FcmMessage>(),
  };

  async function post(request: SendRequest, token: string, until: number): Promise<ExchangeResult | Outcome> {
    const { target, message, budget } = request;
    // Asked and checked again here: getting the token may have taken long.
    if (!(await isWanted(budget))) return notWanted;
    const now = clock.now();
    if (now >= until) return nameTooLate(budget, now);
    const body = encode(message, target, ((budget.expiresAt ?? Number.POSITIVE_INFINITY) - now) / 1000);
    if (headers.token !== token) headers = { token, values: buildHeaders(token) };
    return connections.post({ path, headers: headers.values, body }, until, budget);
  }

  async function attempt(request: SendRequest, until: number): Promise<Outcome> {
    const token = await tokens.get(until - clock.now());
    if (token === undefined) return tokenMissing;
    const result = await post(request, token, until);
    // A token can be revoked, or expire on the way: retry once with a new one.
    if (result.status !== "answered" || !isTokenRefused(result.answer) || !tokens.drop(token)) {
      return classify(result, request);
    }
    const fresh = await tokens.get(until - clock.now());
    if (fresh === undefined) return tokenMissing;
    const outcome = classify(await post(request, fresh, until), request);
    return "isSecond" in result ? markUnsure(outcome) : outcome;
  }

  return async (target, message, budget) => {
    // One message may go to a million targets: it is checked once for each kind of target.
    if (!checked[target.kind].has(message)) {
      const [issue] = checkMessage(message, target);
      if (issue !== undefined) return rejectIssue(issue);
      checked[target.kind].add(message);
    }
    return sendWithin(budget, tools, (until) => attempt({ target, message, budget }, until));
  };
}

function buildHeaders(token: string) {
  return { authorization: `Bearer ${token}`, "content-type": "application/json" };
}

const tokenMissing = { status: "unavailable", code: "oauth_unavailable" } as const;

/**
 * Turns the result of a post into an outcome. Refused credentials are reported once, because a million messages may
 * meet the same refusal.
 */
function createClassifier(clock: Pick<Clock, "now">, onRefused: SenderParts["onCredentialsRefused"]) {
  let isRefused = false;
  const classify = (result: ExchangeResult | Outcome, { target, budget }: SendRequest): Outcome => {
    if (result.status !== "answered") return nameUnanswered(result);
    const outcome = parseAnswer(result.answer, target, clock.now());
    if (!isAccessRefused(result.answer)) {
      isRefused = false;
      return outcome;
    }
    if (outcome.status !== "rejected") return outcome;
    if (!isRefused) onRefused?.({ code: outcome.code, reason: outcome.message });
    isRefused = true;
    return budget.outlastsRefusal === true ? { status: "unavailable", code: outcome.code } : outcome;
  };
  return (result: ExchangeResult | Outcome, request: SendRequest): Outcome => {
    const outcome = classify(result, request);
    return "isSecond" in result ? markUnsure(outcome) : outcome;
  };
}
