import { forgetDevices } from "../devices/forget-devices.ts";
import { nameFailure, pickApnsReason, type Outcome } from "../transport/outcome.ts";
import { registrationKey } from "../registration.ts";
import type { Services } from "../services.ts";
import { buildPushMessage } from "./build-push-message.ts";
import { closeRound } from "./close-round.ts";
import { findRecipients, type ResolvedPush } from "./find-recipients.ts";
import { changeHeld, leasePush } from "./held-push.ts";
import { Progress } from "./progress.ts";
import { logPush } from "./log-push.ts";
import { buildRoundBudget, type RoundBudget } from "./round-budget.ts";

/**
 * How long a worker sends and retries. A push that needs longer is queued again, because waiting in the queue costs
 * nothing.
 */
const workMs = 60_000;

type Outcomes = ReadonlyMap<string, Outcome>;

/**
 * Sends a queued push to the recipients that do not have it yet, and settles it or queues it for another try. It skips
 * a push that is settled, leased by another worker or not due yet, so duplicate and late messages are harmless.
 */
export async function deliverPush(services: Services, { id: key }: { readonly id: string }): Promise<void> {
  const endsAt = services.clock.now() + workMs;
  const held = await leasePush(services, key);
  if (held === undefined) return;
  const resolved = await findRecipients(services, held);
  const budget = buildRoundBudget(resolved.push, endsAt);
  const outcomes = await sendToAll(services, resolved, budget);
  const close = closeRound(resolved, { outcomes, tries: budget.tries }, services.clock.now());
  logPush(services, key, await changeHeld(services, held, close));
  logRejections(services, key, outcomes);
  await forgetUnregistered(services, resolved, outcomes);
}

async function sendToAll(services: Services, resolved: ResolvedPush, budget: RoundBudget): Promise<Outcomes> {
  const { key: pushKey, push, recipients } = resolved;
  const expiresAt = push.expiresAt.toMillis();
  const message = buildPushMessage({ key: pushKey, content: push.content, now: services.clock.now(), expiresAt });
  // Two devices with one registration are one phone.
  const phones = Map.groupBy(recipients, ({ target }) => registrationKey(target));
  const sends = [...phones.values()].flatMap((same) =>
    same.slice(0, 1).map(({ target }) => ({ same, target, message })),
  );
  const progress = new Progress(services, resolved);
  try {
    for await (const { item, outcome } of services.fcm.sendEach(sends, budget)) {
      for (const { key } of item.same) progress.add(key, outcome);
    }
  } finally {
    await progress.stop();
  }
  return progress.outcomes;
}

/** A rejection is our own fault (message, credentials, project) and recurs until it is repaired. */
function logRejections({ log }: Services, key: string, outcomes: Outcomes): void {
  const rejections = [...outcomes.values()].filter((outcome) => outcome.status === "rejected");
  for (const [first] of Map.groupBy(rejections, nameFailure).values()) {
    if (first === undefined) continue;
    const { code, message: reason } = first;
    log.error("push_rejected", { pushId: key, code, reason, ...pickApnsReason(first) });
  }
}

async function forgetUnregistered(services: Services, { recipients }: ResolvedPush, outcomes: Outcomes): Promise<void> {
  const dead = recipients.flatMap(({ key, target, device }) => {
    if (outcomes.get(key)?.status !== "unregistered" || target.kind === "fcmTopic") return [];
    return [{ registration: target, ...(device !== undefined && { device }) }];
  });
  await forgetDevices(services, { sent: recipients.length, dead });
}
