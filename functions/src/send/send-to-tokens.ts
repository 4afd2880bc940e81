import { forgetDevices } from "../devices/forget-devices.ts";
import { sendBudget } from "../fcm/budget.ts";
import type { FcmMessage } from "../fcm/message.ts";
import type { Outcome } from "../fcm/outcome.ts";
import type { Services } from "../services.ts";
import { buildCallNotice, buildPlainNotice, type CallNotice, type PlainPush } from "../messages/send-push.ts";
import { requireSendable } from "../messages/require-sendable.ts";

/** Sends one notification about a call to one registration token. Throws {@link InvalidRequest} before FCM sees a bad one. */
export async function sendPush(services: Services, token: string, push: CallNotice): Promise<Outcome> {
  const [outcome] = await sendToAll(services, [token], buildCallNotice(push, services.clock.now()));
  if (outcome === undefined) throw new Error("One token has one outcome");
  return outcome;
}

/** Sends the same notification to many registration tokens at once; the outcomes come in their order. */
export async function sendPushBatch(
  services: Services,
  tokens: readonly string[],
  push: PlainPush,
): Promise<readonly Outcome[]> {
  return sendToAll(services, tokens, buildPlainNotice(push));
}

async function sendToAll(
  services: Services,
  tokens: readonly string[],
  message: FcmMessage,
): Promise<readonly Outcome[]> {
  requireSendable(message);
  const registrations = tokens.map((value) => ({ kind: "token", value }) as const);
  const outcomes = await Promise.all(
    registrations.map(async (registration) => services.fcm.send(registration, message, sendBudget())),
  );
  const dead = registrations
    .filter((_, index) => outcomes[index]?.status === "unregistered")
    .map((registration) => ({ registration }));
  await forgetDevices(services, { sent: tokens.length, dead });
  report(services, outcomes);
  return outcomes;
}

function report({ log }: Services, outcomes: readonly Outcome[]): void {
  const byCode = Map.groupBy(outcomes, (outcome) => (outcome.status === "accepted" ? "accepted" : outcome.code));
  for (const [code, [outcome, ...others]] of byCode) {
    const fields = { code, count: others.length + 1 };
    if (outcome?.status === "rejected") log.error("push_rejected", { ...fields, reason: outcome.message });
    if (outcome?.status === "unavailable") log.warn("push_unavailable", fields);
    if (outcome?.status === "unregistered") log.info("push_unregistered", fields);
  }
  log.info("pushes_sent", { codes: Object.fromEntries([...byCode].map(([code, all]) => [code, all.length])) });
}
