import { randomBytes } from "node:crypto";
import { authorize, buildPost } from "../../functions/src/apns/build-post.ts";
import { findApns } from "../../functions/src/apns/origins.ts";
import { parseAnswer } from "../../functions/src/apns/parse-answer.ts";
import { createProviderTokens } from "../../functions/src/apns/provider-token.ts";
import type { Clock } from "../../functions/src/clock.ts";
import type { Config } from "../../functions/src/config.ts";
import { sendBudget } from "../../functions/src/transport/budget.ts";
import { openConnections } from "../../functions/src/transport/connections.ts";
import { nameUnanswered } from "../../functions/src/transport/exchange-outcome.ts";
import type { ApnsEnvironment, Outcome } from "../../functions/src/transport/outcome.ts";
import { sendWithin } from "../../functions/src/transport/retry.ts";

/** What to ask APNs about: a topic in one of its environments. */
export interface ApnsQuestion {
  readonly topic: string;
  readonly environment: ApnsEnvironment;
}

/** The key and the settings to ask with. */
export interface Asking extends Pick<Config, "apnsKeyId" | "apnsTeamId" | "apnsEmulatorHost"> {
  readonly key: string;
  readonly clock: Clock;
}

/** Bytes of a device token, as Apple makes them today. */
const tokenBytes = 32;

/** Asks APNs about a topic in one environment. */
export type AskApns = (question: ApnsQuestion) => Promise<Outcome>;

/**
 * Makes a question out of a push to a device token that no phone has, so that no phone rings. `unregistered` means that APNs
 * has accepted the key, the team and the topic. Unlike a call, it asks one environment only. All questions have one provider
 * token: APNs refuses a key that makes many. Throws `Misconfigured` if the key is none of Apple's.
 */
export function createAsker({ key, apnsKeyId: keyId, apnsTeamId: teamId, apnsEmulatorHost, clock }: Asking): AskApns {
  const tokens = createProviderTokens({ key, keyId, teamId, clock });
  const { origins, hosts } = findApns(apnsEmulatorHost === undefined ? {} : { emulatorHost: apnsEmulatorHost });
  return async ({ topic, environment }) => {
    const origin = origins[environment];
    const connections = openConnections({ origin, clock, http2: true, connections: 1, streams: 1 });
    const token = randomBytes(tokenBytes).toString("hex");
    const budget = sendBudget();
    const post = buildPost({ token, topic, environment }, { payload: {} }, budget, '{"aps":{}}');
    try {
      return await sendWithin(budget, { clock, random: Math.random }, async (until) => {
        const result = await connections.post(authorize(post, tokens.get(), hosts?.[environment]), until, budget);
        if (result.status !== "answered") return nameUnanswered(result);
        return parseAnswer(result.answer, token, clock.now()).outcome;
      });
    } finally {
      await connections.close();
    }
  };
}
