import { readAudience, type AudienceEntry } from "../devices/audience/audience.ts";
import { forgetDevices, type DeadRegistration } from "../devices/forget-devices.ts";
import { ownEntry } from "../own-entry.ts";
import { registrationKey } from "../registration.ts";
import { TryAgain } from "../errors.ts";
import { bulkBudget } from "../fcm/budget.ts";
import { nameFailure, pickApnsReason, type Outcome } from "../fcm/outcome.ts";
import type { Addressed } from "../fcm/send-each.ts";
import type { Services } from "../services.ts";
import { buildCampaignMessage } from "./campaign.ts";
import { finishRun } from "./finish-run.ts";
import type { ShardMessage } from "./run.ts";
import { leaseShard, type ShardLease } from "./shard-lease.ts";
import { ShardProgress } from "./shard-progress.ts";

/** How many shards an instance works at: while the last devices of one wait to be tried again, the others go on. */
export const shardsPerWorker = 8;

/** How much of a shard is under way at most, so that an FCM that hangs does not fill the memory of an instance. */
const sendsPerShard = 2000 / shardsPerWorker;

/** A minute less than the function may run. */
const workMs = 8 * 60_000;

/** How often a worker writes down how far it has come: that much is sent twice when it dies. */
const saveEveryMs = 5_000;

/** One shard being sent. */
interface Shard {
  readonly message: ShardMessage;
  readonly lease: ShardLease;
  readonly audience: ReadonlyMap<string, AudienceEntry>;
  readonly deviceIds: readonly string[];
  readonly progress: ShardProgress;
}

/**
 * Sends one shard of a run: at least once to each of its devices, from where an earlier worker has stopped. Resolves when
 * the shard is done. Throws {@link TryAgain} when there is more to be done later: Pub/Sub then delivers the message again.
 */
export async function sendShard(services: Services, message: ShardMessage): Promise<void> {
  const lease = await leaseShard(services, message);
  if (lease === undefined) return;
  const audience = await readAudience(services, message.shard);
  const deviceIds = listDevices(lease.begun, audience);
  const progress = new ShardProgress(lease.begun, deviceIds);
  const dead = await sendToDevices(services, { message, lease, audience, deviceIds, progress });
  const isOver = services.clock.now() >= message.expiresAt;
  if (progress.hasPending && !isOver) {
    await lease.release(progress.describe());
    await forgetDevices(services, { sent: deviceIds.length, dead });
    throw new TryAgain("Some devices are to be tried again later");
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
  await forgetDevices(services, { sent: deviceIds.length, dead });
  await finishRun(services, message.runId);
}

/** Those that are to be tried again, then those behind the cursor in the order of their ids. */
function listDevices(
  { pending, cursor }: ShardLease["begun"],
  audience: ReadonlyMap<string, AudienceEntry>,
): readonly string[] {
  const again = Object.keys(pending).filter((deviceId) => audience.has(deviceId));
  const ahead = [...audience.keys()].filter(
    (deviceId) => deviceId > cursor && ownEntry(pending, deviceId) === undefined,
  );
  return [...again, ...ahead.toSorted()];
}

/** Sends to all the devices and returns those whose registration FCM has called dead. */
async function sendToDevices(services: Services, shard: Shard): Promise<readonly DeadRegistration[]> {
  const { clock, campaignPace, fcm } = services;
  const { expiresAt } = shard.message;
  const budget = bulkBudget({ expiresAt, endsAt: clock.now() + workMs });
  const dead: DeadRegistration[] = [];
  const reportOnce = buildReport(services, shard.message);
  const saving = saveRegularly(services, shard);
  try {
    const letters = campaignPace.throttle(address(services, shard));
    for await (const { item, outcome } of fcm.sendEach(letters, budget, { concurrency: sendsPerShard })) {
      saving.throwIfFailed();
      shard.progress.settle(item.index, outcome);
      const { deviceId, target: registration } = item;
      if (outcome.status === "unregistered") dead.push({ deviceId, registration });
      if (outcome.status === "rejected") reportOnce(outcome);
    }
  } finally {
    await saving.stop();
  }
  saving.throwIfFailed();
  return dead;
}

/** What FCM refuses it refuses thousands of times. */
function buildReport({ log }: Services, { runId, shard }: ShardMessage) {
  const reported = new Set<string>();
  return (outcome: Extract<Outcome, { status: "rejected" }>) => {
    const name = nameFailure(outcome);
    if (reported.has(name)) return;
    reported.add(name);
    log.error("push_rejected", {
      runId,
      shard,
      code: outcome.code,
      reason: outcome.message,
      ...pickApnsReason(outcome),
    });
  };
}

interface Letter extends Addressed {
  readonly target: AudienceEntry["registration"];
  readonly deviceId: string;
  readonly index: number;
}

/**
 * The devices that want the push, with one message for all; those that do not are settled on the way, and so is a device
 * with the registration of another: the two are one phone.
 */
function* address({ clock }: Services, { message, audience, deviceIds, progress }: Shard): Generator<Letter> {
  const { campaign, content, expiresAt } = message;
  const push = buildCampaignMessage(campaign, content, { now: clock.now(), expiresAt });
  const sentTo = new Set<string>();
  for (const [index, deviceId] of deviceIds.entries()) {
    const entry = audience.get(deviceId);
    const wantsIt = entry?.muted?.includes(campaign) !== true && (content.kind === "notice" || entry?.stale !== true);
    const phone = entry === undefined ? "" : registrationKey(entry.registration);
    if (entry === undefined || !wantsIt || sentTo.has(phone)) {
      progress.settle(index, { status: "skipped" });
      continue;
    }
    sentTo.add(phone);
    yield { target: entry.registration, message: push, deviceId, index };
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
