import { isWanted, type Budget } from "../transport/budget.ts";
import type { Post } from "../transport/connection.ts";
import type { Connections } from "../transport/connections.ts";
import { markUnsure, nameUnanswered } from "../transport/exchange-outcome.ts";
import { rejectIssue } from "../transport/message-issue.ts";
import type { ApnsEnvironment, Outcome } from "../transport/outcome.ts";
import { sendWithin, type RetryTools } from "../transport/retry.ts";
import type { Remedy } from "./answers.ts";
import { authorize, buildPost } from "./build-post.ts";
import { checkMessage } from "./check-message.ts";
import type { ApnsMessage, ApnsTarget } from "./message.ts";
import { parseAnswer, type Reading } from "./parse-answer.ts";
import type { ProviderTokens } from "./provider-token.ts";

/** Parts of a sender. */
export interface SenderParts {
  readonly connections: Readonly<Record<ApnsEnvironment, Connections>>;
  /** The host that a request names; absent for that of its connection. */
  readonly hosts?: Readonly<Record<ApnsEnvironment, string>> | undefined;
  readonly tokens: ProviderTokens;
  readonly tools: RetryTools;
  /** Called when APNs refuses our credentials; not again until APNs accepts some in that environment. */
  readonly onCredentialsRefused?: ((refusal: ApnsRefusal) => void) | undefined;
}

/** What APNs said about credentials that it refused. */
export interface ApnsRefusal {
  readonly code: string;
  readonly reason: string;
  readonly environment: ApnsEnvironment;
}

/** Sends one message to one target within its budget; every expected failure is an outcome. */
export type Send = (target: ApnsTarget, message: ApnsMessage, budget: Budget) => Promise<Outcome>;

/** One send: the same in every try, but for the environment. */
interface Sending {
  readonly target: ApnsTarget;
  readonly budget: Budget;
  readonly post: Post;
  environment: ApnsEnvironment;
}

/** A sender over shared connections and a shared provider token. */
export function createSender({ connections, hosts, tokens, tools, onCredentialsRefused }: SenderParts): Send {
  const report = createReporter(onCredentialsRefused);
  const applyRemedy = (remedy: Remedy, sending: Sending, token: string): boolean => {
    switch (remedy) {
      case "newToken":
        return tokens.renew(token);
      case "olderToken":
        return tokens.hold(token);
      case "otherEnvironment":
        sending.environment = swap(sending.environment);
        return true;
      case "newConnection":
        // The connection that gave such an answer is not used again.
        return true;
    }
  };

  async function attempt(sending: Sending, until: number): Promise<Outcome> {
    // An earlier try of this send may have changed the environment.
    const mayAsk = sending.environment === sending.target.environment && sending.target.isSure !== true;
    const tried = new Set<Remedy>(mayAsk ? [] : ["otherEnvironment"]);
    for (let isUnsure = false; ;) {
      const token = tokens.get();
      const { environment, budget } = sending;
      const post = authorize(sending.post, token, hosts?.[environment]);
      const result = await connections[environment].post(post, until, budget);
      isUnsure ||= result.isSecond === true;
      const end = (outcome: Outcome): Outcome => (isUnsure ? markUnsure(outcome) : outcome);
      if (result.status !== "answered") return end(nameUnanswered(result));
      const reading = parseAnswer(result.answer, sending.target.token, tools.clock.now());
      const { remedy } = reading;
      if (remedy === undefined || tried.has(remedy) || !applyRemedy(remedy, sending, token)) {
        report(reading, environment);
        return end(conclude(reading, sending));
      }
      tried.add(remedy);
      // The remedy is left to the next try, if there is one.
      const isPutOff = !(await isWanted(budget, isUnsure)) || tools.clock.now() >= until;
      if (isPutOff) return end(putOff(reading, sending));
    }
  }

  const bodies = new WeakMap<ApnsMessage, string>();
  return async (target, message, budget) => {
    // One message may go to several devices: it is checked and encoded once.
    if (!bodies.has(message)) {
      const [issue] = checkMessage(message);
      if (issue !== undefined) return rejectIssue(issue);
      bodies.set(message, JSON.stringify(message.payload));
    }
    const post = buildPost(target, message, budget, bodies.get(message) ?? "");
    const sending: Sending = { target, budget, post, environment: target.environment };
    return sendWithin(budget, tools, (until) => attempt(sending, until));
  };
}

function swap(environment: ApnsEnvironment): ApnsEnvironment {
  return environment === "production" ? "sandbox" : "production";
}

function conclude({ outcome, isRefused }: Reading, { target, budget, environment }: Sending): Outcome {
  if (outcome.status === "accepted" && environment !== target.environment) return { ...outcome, environment };
  if (isRefused === true && outcome.status === "rejected" && budget.outlastsRefusal === true) {
    return { status: "unavailable", code: outcome.code };
  }
  return outcome;
}

/** The outcome when there is no time for a remedy: one environment's refusal of a token, for one, does not count. */
function putOff({ outcome, remedy }: Reading, { environment }: Sending): Outcome {
  if (outcome.status === "accepted") return outcome;
  const other = remedy === "otherEnvironment" ? { environment } : {};
  return { status: "unavailable", code: outcome.code, ...other };
}

/** Reports refused credentials once, because many pushes may meet the same refusal. */
function createReporter(onRefused: SenderParts["onCredentialsRefused"]) {
  const refusing = new Set<ApnsEnvironment>();
  return ({ outcome, isRefused }: Reading, environment: ApnsEnvironment): void => {
    if (outcome.status === "accepted") refusing.delete(environment);
    if (isRefused !== true || outcome.status !== "rejected" || refusing.has(environment)) return;
    refusing.add(environment);
    onRefused?.({ code: outcome.code, reason: outcome.message, environment });
  };
}
