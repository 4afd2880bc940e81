import { readAudience, type AudienceEntry } from "../devices/audience/audience.ts";
import { forgetDevices, type DeadRegistration } from "../devices/forget-devices.ts";
import { ownEntry } from "../own-entry.ts";
import { registrationKey } from "../registration.ts";
import { TryAgain } from "../errors.ts";
import { bulkBudget } from "../fcm/bulk-budget.ts";
import { nameFailure, pickApnsReason, type Outcome } from "../transport/outcome.ts";
import type { FcmMessage } from "../fcm/message.ts";
import type { Addressed } from "../fcm/send-each.ts";
import type { Services } from "../services.ts";
import { buildCampaignMessage } from "./campaign.ts";
import { finishRun } from "./finish-run.ts";
import type { ShardMessage } from "./run.ts";
import { leaseShard, type ShardLease } from "./shard-lease.ts";
import { ShardProgress } from "./shard-progress.ts";

/** Concurrent shards per instance: while one waits to retry its last devices, the others continue. */
export const shardsPerWorker = 8;

/** In-flight limit per shard, so that a hanging FCM does not fill an instance's memory. */
const sendsPerShard = 2000 / shardsPerWorker;

/** One minute less than the function's timeout. */
const workMs = 8 * 60_000;

/** Interval between saves of the progress. If a worker dies, the sends since its last save are repeated. */
const saveEveryMs = 5_000;

/** One shard being sent. */
interface Shard {
  readonly message: ShardMessage;
  readonly lease: ShardLease;
  readonly audience: ReadonlyMap<string, AudienceEntry>;
  /** Of the devices' documents, in sending order. */
  readonly ids: readonly string[];
  readonly progress: ShardProgress;
}

/**
 * Sends one shard of a run, at least once to each of its devices, and continues where an earlier worker stopped.
 * Resolves when the shard is done. Throws {@link TryAgain} if devices must be retried later: Pub/Sub then redelivers
 * the message.
 */
export async function sendShard(services: Services, message: ShardMessage): Promise<void> {
  const lease = await leaseShard(services, message);
  if (lease === undefined) return;
  const audience = await readAudience(services, message.shard);
  const ids = listDevices(lease.begun, audience);
  const progress = new ShardProgress(lease.begun, ids);
  const dead = await sendToDevices(services, { message, lease, audience, ids, progress });
  const isOver = services.clock.now() >= message.expiresAt;
  if (progress.hasPending && !isOver) {
    await lease.release(progress.describe());
    await forgetDevices(services, { sent: ids.length, dead });
    throw new TryAgain("Some devices must be retried later");
  }
  progress.giveUp();
  const settled = progress.describe();
  await lease.finish(settled);
  services.log.info("campaign_shard_sent", {
    runId: message.runId,
    shard: message.shard,
    ...settled.counts,
    codes: settled.errors,
  });
  await forgetDevices(services, { sent: ids.length, dead });
  await finishRun(services, message.runId);
}

/** Devices to retry, then those after the cursor in id order. */
function listDevices(
  { pending, cursor }: ShardLease["begun"],
  audience: ReadonlyMap<string, AudienceEntry>,
): readonly string[] {
  const again = Object.keys(pending).filter((id) => audience.has(id));
  const ahead = [...audience.keys()].filter((id) => id > cursor && ownEntry(pending, id) === undefined);
  return [...again, ...ahead.toSorted()];
}

/** Sends to all devices and returns those that FCM reported as unregistered. */
async function sendToDevices(services: Services, shard: Shard): Promise<readonly DeadRegistration[]> {
  const { clock, campaignPace, fcm } = services;
  const { expiresAt } = shard.message;
  const budget = bulkBudget({ expiresAt, endsAt: clock.now() + workMs });
  const dead: DeadRegistration[] = [];
  const logOnce = createRejectionLog(services, shard.message);
  const saving = saveRegularly(services, shard);
  try {
    const sends = campaignPace.throttle(selectRecipients(services, shard));
    for await (const { item, outcome } of fcm.sendEach(sends, budget, { concurrency: sendsPerShard })) {
      saving.throwIfFailed();
      shard.progress.settle(item.index, outcome);
      const { id, target: registration } = item;
      if (outcome.status === "unregistered")
        dead.push({ registration, device: { id, audienceShard: shard.message.shard } });
      if (outcome.status === "rejected") logOnce(outcome);
    }
  } finally {
    await saving.stop();
  }
  saving.throwIfFailed();
  return dead;
}

/** Logs each rejection once: FCM repeats the same one for thousands of devices. */
function createRejectionLog({ log }: Services, { runId, shard }: ShardMessage) {
  const logged = new Set<string>();
  return (outcome: Extract<Outcome, { status: "rejected" }>) => {
    const name = nameFailure(outcome);
    if (logged.has(name)) return;
    logged.add(name);
    log.error("push_rejected", {
      runId,
      shard,
      code: outcome.code,
      reason: outcome.message,
      ...pickApnsReason(outcome),
    });
  };
}

interface CampaignSend extends Addressed {
  readonly target: AudienceEntry["registration"];
  readonly id: string;
  readonly index: number;
}

/**
 * The devices that want the push, with the message in their language. It skips the others, and a device with the registration of
 * an earlier one: both are the same phone.
 */
function* selectRecipients({ clock }: Services, { message, audience, ids, progress }: Shard): Generator<CampaignSend> {
  const { campaign, content, expiresAt } = message;
  const now = clock.now();
  // The same object for all devices of a language: it is encoded once.
  const messages = new Map<string | undefined, FcmMessage>();
  const messageIn = (language: string | undefined) => {
    const known = messages.get(language) ?? buildCampaignMessage(campaign, content, { now, expiresAt, language });
    messages.set(language, known);
    return known;
  };
  const sentTo = new Set<string>();
  for (const [index, id] of ids.entries()) {
    const entry = audience.get(id);
    const wantsIt = entry?.muted?.includes(campaign) !== true && (content.kind === "notice" || entry?.stale !== true);
    const phone = entry === undefined ? "" : registrationKey(entry.registration);
    if (entry === undefined || !wantsIt || sentTo.has(phone)) {
      progress.settle(index, { status: "skipped" });
      continue;
    }
    sentTo.add(phone);
    yield { target: entry.registration, message: messageIn(entry.language), id, index };
  }
}

/** Saves the progress at intervals, which also renews the lease; a failed save ends this worker. */
function saveRegularly({ clock }: Services, { lease, progress }: Shard) {
  const stopped = new AbortController();
  let failure: { readonly error: unknown } | undefined;
  const saving = (async () => {
    for (;;) {
      await clock.sleep(saveEveryMs, stopped.signal);
      await lease.save(progress.describe());
    }
  })().catch((error: unknown) => {
    if (!stopped.signal.aborted) failure = { error };
  });
  return {
    throwIfFailed: () => {
      if (failure !== undefined) throw failure.error;
    },
    stop: async () => {
      stopped.abort();
      await saving;
    },
  };
}
