import type { Clock } from "../clock.ts";
import type { AccessTokens } from "./access-token.ts";
import type { Budget } from "./budget.ts";
import { checkMessage } from "./check-message.ts";
import type { Connections } from "./connections.ts";
import { createEncoder } from "./encode-message.ts";
import type { ExchangeResult } from "./exchange.ts";
import type { FcmMessage, Target } from "./message.ts";
import type { Outcome } from "./outcome.ts";
import { isAccessRefused, isTokenRefused, parseAnswer } from "./parse-answer.ts";
import { nameTooLate, sendWithin, type RetryTools } from "./retry.ts";

/** What a sender works with. */
export interface SenderParts {
  /** The path of `messages:send` of the project. */
  readonly path: string;
  readonly connections: Connections;
  readonly tokens: AccessTokens;
  readonly tools: RetryTools;
  /** FCM is to check what is sent, and deliver nothing. */
  readonly validateOnly: boolean;
  /** Called when FCM refuses our credentials, a new token included; not again until it has taken some. */
  readonly onCredentialsRefused?: ((refusal: Refusal) => void) | undefined;
}

/** What FCM said of credentials that it refused. */
export interface Refusal {
  readonly code: string;
  readonly reason: string;
}

/** Sends one message to one target within its budget; every expected failure is an outcome. */
export type Send = (target: Target, message: FcmMessage, budget: Budget) => Promise<Outcome>;

interface Letter {
  readonly target: Target;
  readonly message: FcmMessage;
  readonly budget: Budget;
}

/** A sender over shared connections and a shared access token. */
export function createSender(parts: SenderParts): Send {
  const { path, connections, tokens, tools, validateOnly } = parts;
  const { clock } = tools;
  const judge = createJudge(clock, parts.onCredentialsRefused);
  const encode = createEncoder({ validateOnly });
  // A million messages share a token.
  let headers = { token: "", values: buildHeaders("") };
  const sound = {
    token: new WeakSet<FcmMessage>(),
    fid: new WeakSet<FcmMessage>(),
    fcmTopic: new WeakSet<FcmMessage>(),
  };

  async function post(letter: Letter, token: string, until: number): Promise<ExchangeResult | Outcome> {
    const { target, message, budget } = letter;
    const now = clock.now();
    // Checked here and not only before the attempt: getting the token may have taken all the time there was.
    if (now >= until) return nameTooLate(budget, now);
    const body = encode(message, target, ((budget.expiresAt ?? Number.POSITIVE_INFINITY) - now) / 1000);
    if (headers.token !== token) headers = { token, values: buildHeaders(token) };
    return connections.post({ path, headers: headers.values, body }, until);
  }

  async function attempt(letter: Letter, until: number): Promise<Outcome> {
    const token = await tokens.get(until - clock.now());
    if (token === undefined) return tokenMissing;
    const result = await post(letter, token, until);
    // A token can be revoked, or expire on the way, before its time: once, a new one is worth another try.
    if (result.status !== "answered" || !isTokenRefused(result.answer) || !tokens.drop(token)) {
      return judge(result, letter);
    }
    const fresh = await tokens.get(until - clock.now());
    if (fresh === undefined) return tokenMissing;
    return judge(await post(letter, fresh, until), letter);
  }

  return async (target, message, budget) => {
    // One message goes to a million targets: found sound once for each kind.
    if (!sound[target.kind].has(message)) {
      const issue = checkMessage(message, target)[0];
      if (issue !== undefined) {
        return { status: "rejected", code: issue.code, message: `${issue.path}: ${issue.message}` };
      }
      sound[target.kind].add(message);
    }
    return sendWithin(budget, tools, (until) => attempt({ target, message, budget }, until));
  };
}

function buildHeaders(token: string) {
  return { authorization: `Bearer ${token}`, "content-type": "application/json" };
}

const tokenMissing = { status: "unavailable", code: "oauth_unavailable" } as const;

/** Turns what became of a post into an outcome. A million messages meet the same refusal, which is told once. */
function createJudge(clock: Pick<Clock, "now">, onRefused: SenderParts["onCredentialsRefused"]) {
  let isRefused = false;
  return (result: ExchangeResult | Outcome, { target, budget }: Letter): Outcome => {
    if (result.status !== "answered") return nameFailedExchange(result);
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
}

function nameFailedExchange(result: Exclude<ExchangeResult, { status: "answered" }> | Outcome): Outcome {
  switch (result.status) {
    case "timeout":
      return { status: "unavailable", code: "timeout" };
    case "lost":
      return { status: "unavailable", code: "connection_lost" };
    case "failed":
      return { status: "unavailable", code: result.code };
    default:
      return result;
  }
}
