import { forgetDevices } from "../devices/forget-devices.ts";
import { sendBudget } from "../transport/budget.ts";
import type { FcmMessage } from "../fcm/message.ts";
import { nameFailure, pickApnsReason, type Outcome } from "../transport/outcome.ts";
import type { Services } from "../services.ts";
import { buildCallNotice, buildPlainNotice, type CallNotice, type PlainPush } from "../messages/send-push.ts";
import { requireSendable } from "../messages/require-sendable.ts";

/**
 * Sends one notification about a call to one registration token. Throws {@link InvalidRequest} for a message that FCM
 * would refuse.
 */
export async function sendPush(services: Services, token: string, push: CallNotice): Promise<Outcome> {
  const outcomes = await sendToEach(services, new Set([token]), buildCallNotice(push, services.clock.now()));
  return getOutcome(outcomes, token);
}

/**
 * Sends the same notification to many registration tokens in parallel; outcomes are in the order of the tokens. A token
 * given twice is one phone: it gets one push, and its outcome appears twice.
 */
export async function sendPushBatch(
  services: Services,
  tokens: readonly string[],
  push: PlainPush,
): Promise<readonly Outcome[]> {
  const outcomes = await sendToEach(services, new Set(tokens), buildPlainNotice(push));
  return tokens.map((token) => getOutcome(outcomes, token));
}

function getOutcome(outcomes: ReadonlyMap<string, Outcome>, token: string): Outcome {
  const outcome = outcomes.get(token);
  if (outcome === undefined) throw new Error("A token has no outcome");
  return outcome;
}

async function sendToEach(
  services: Services,
  tokens: ReadonlySet<string>,
  message: FcmMessage,
): Promise<ReadonlyMap<string, Outcome>> {
  requireSendable(message);
  const sends = [...tokens].map(async (value) => {
    return [value, await services.fcm.send({ kind: "token", value }, message, sendBudget())] as const;
  });
  const outcomes = new Map(await Promise.all(sends));
  const gone = [...outcomes].filter(([, { status }]) => status === "unregistered");
  const dead = gone.map(([value]) => ({ registration: { kind: "token", value } as const }));
  await forgetDevices(services, { sent: tokens.size, dead });
  logOutcomes(services, [...outcomes.values()]);
  return outcomes;
}

function logOutcomes({ log }: Services, outcomes: readonly Outcome[]): void {
  const byName = Map.groupBy(outcomes, (outcome) =>
    outcome.status === "accepted" ? "accepted" : nameFailure(outcome),
  );
  for (const [outcome, ...others] of byName.values()) {
    if (outcome === undefined || outcome.status === "accepted") continue;
    const fields = { code: outcome.code, count: others.length + 1, ...pickApnsReason(outcome) };
    if (outcome.status === "rejected") log.error("push_rejected", { ...fields, reason: outcome.message });
    else if (outcome.status === "unavailable") log.warn("push_unavailable", fields);
    else log.info("push_unregistered", fields);
  }
  log.info("pushes_sent", { codes: Object.fromEntries([...byName].map(([name, all]) => [name, all.length])) });
}
