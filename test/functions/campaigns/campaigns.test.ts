import assert from "node:assert/strict";
import { once } from "node:events";
import { after, beforeEach, describe, it } from "node:test";
import { sendShard, shardsPerWorker } from "../../../functions/src/campaigns/send-shard.ts";
import { startRun } from "../../../functions/src/campaigns/start-run.ts";
import { findContent, pathDaily, saveLocation } from "../../../functions/src/campaigns/campaign.ts";
import type { ShardMessage } from "../../../functions/src/campaigns/run.ts";
import type { Clock } from "../../../functions/src/clock.ts";
import { createFcmClient } from "../../../functions/src/fcm/client.ts";
import { createPace } from "../../../functions/src/pace.ts";
import type { Services } from "../../../functions/src/services.ts";
import { addAudience } from "../../support/audience.ts";
import { createTestClock } from "../../support/clock.ts";
import { startFunctions } from "../../support/functions.ts";
import { addPhone, pushesTo, resetState } from "../../support/line.ts";
import { until } from "../../support/until.ts";
import { badDeviceToken } from "../fcm/documented-answers.ts";

const functions = await startFunctions({ AUDIENCE_SHARDS: "4", CAMPAIGN_RAMP_SECONDS: "0" });
await functions.deliverMessages();
after(() => functions.close());
beforeEach(() => resetState(functions));

// Each test has a due time of its own, so that a late message of one is not taken for another's.
let minutes = 0;
function nextTime(): Date {
  minutes += 30;
  return new Date(Math.floor(Date.now() / 1000) * 1000 + minutes * 60_000);
}

async function readRun(campaign: string, at: Date) {
  return (await functions.services.db.doc(`campaignRuns/${campaign}~${at.toISOString()}`).get()).data();
}

/** Runs a campaign as the cloud does, and waits until its run is done. */
async function runUntilDone(campaign: "saveLocation" | "pathDaily", at = nextTime()) {
  const { status } = await functions.runSchedule(campaign, at);
  assert.equal(status, 200);
  let run = await readRun(campaign, at);
  while (run?.["state"] !== "done") run = await readRun(campaign, at);
  await functions.settleMessages();
  return run;
}

/** The number of messages that FCM accepted for each device, in the order of the devices. */
function countPushes(tokens: ReadonlyMap<string, string>): number[] {
  return [...tokens.values()].map((token) => pushesTo(functions, token).length);
}

/**
 * The services of a worker with a clock of its own: it waits for FCM without real time, and never reaches the time to save
 * its progress.
 */
function withClock(now = Date.now()): Services & { close(): Promise<void> } {
  const still = createTestClock(now);
  const sleep: Clock["sleep"] = (ms, signal) => (signal ? untilAborted(signal) : still.sleep(ms));
  const clock: Clock = { now: () => still.now(), sleep };
  const { projectId, services } = functions;
  const fcm = createFcmClient({ projectId, emulatorHost: functions.fcm.address, clock });
  return { ...services, clock, fcm, close: () => fcm.close() };
}

/** Delivers one shard's message by hand; the run is recorded, its messages are not published. */
async function planShard(services: Services, shard = "0"): Promise<ShardMessage> {
  const scheduledAt = services.clock.now();
  const published: ShardMessage[] = [];
  const publisher = {
    ...services.publisher,
    publish: async (_: string, messages: readonly object[]) => {
      published.push(...(messages as ShardMessage[]));
    },
  };
  await startRun({ ...services, publisher }, { campaign: saveLocation, scheduledAt });
  return published.find((message) => message.shard === shard)!;
}

describe("a campaign", () => {
  it("reaches a phone whose id is a property that every object has", async () => {
    const tokens = await Promise.all(["constructor", "toString"].map(async (id) => addPhone(functions, id)));
    const { counts } = await runUntilDone("saveLocation");
    assert.equal(counts.accepted, 2);
    for (const token of tokens) assert.equal(pushesTo(functions, token).length, 1);
  });

  it("sends every device the silent push, once", async () => {
    const tokens = await addAudience(functions, 40);
    const at = nextTime();
    const run = await runUntilDone("saveLocation", at);
    assert.deepEqual(countPushes(tokens), Array(40).fill(1));
    assert.deepEqual(run["counts"], { accepted: 40, unregistered: 0, failed: 0, skipped: 0 });
    assert.deepEqual([run["shards"], run["shardsPublished"], run["shardsDone"]], [4, 4, 4]);
    const [message] = pushesTo(functions, [...tokens.values()][0]!);
    assert.deepEqual(message.data, { type: "silent", campaign: "saveLocation" });
    assert.deepEqual([message.android.priority, message.android.collapse_key], ["normal", "saveLocation"]);
    assert.deepEqual(message.apns.payload.aps, { "content-available": 1, "thread-id": "saveLocation" });
    assert.equal(message.notification, undefined);
  });

  it("sends the weekly push with its text, and ends with its end date", async () => {
    const tokens = await addAudience(functions, 1);
    await runUntilDone("pathDaily");
    const [message] = pushesTo(functions, [...tokens.values()][0]!);
    assert.deepEqual(message.notification, { title: "From Wolley 🗓", body: "일주일 동안의 기록을 확인해보세요!" });
    assert.deepEqual(message.data, { type: "notice", campaign: "pathDaily" });
    assert.match(message.android.ttl, /^\d{5}s$/);
  });

  it("sends the weekly push with the deployment's own text, unless Firestore has one", async () => {
    const { services } = functions;
    const ownTexts = { ko: { pathDailyTitle: "Acme", pathDailyBody: "한 주" }, ja: { pathDailyTitle: "アクメ" } };
    const house = { ...services, config: { ...services.config, ownTexts } };
    const en = { title: "From Wolley 🗓", body: "Have a look at your week!" };
    const ko = { title: "Acme", body: "한 주" };
    assert.deepEqual(await findContent(house, pathDaily), {
      kind: "notice",
      ...ko,
      data: {},
      inOther: { en, ja: { title: "アクメ", body: "한 주" } },
    });
    await services.db
      .doc("campaigns/pathDaily")
      .set({ body: "7", texts: { en: { body: "Week" }, fr: { title: "F" } } });
    assert.deepEqual(await findContent(house, pathDaily), {
      kind: "notice",
      title: "Acme",
      body: "7",
      data: {},
      inOther: {
        en: { title: en.title, body: "Week" },
        ja: { title: "アクメ", body: "7" },
        fr: { title: "F", body: "7" },
      },
    });
  });

  it("runs once however often it is triggered", async () => {
    const tokens = await addAudience(functions, 40);
    const at = nextTime();
    await Promise.all([functions.runSchedule("saveLocation", at), functions.runSchedule("saveLocation", at)]);
    await runUntilDone("saveLocation", at);
    await functions.runSchedule("saveLocation", at);
    await functions.settleMessages();
    assert.deepEqual(countPushes(tokens), Array(40).fill(1));
    const run = await readRun("saveLocation", at);
    assert.deepEqual([run?.["shardsDone"], run?.["counts"].accepted], [4, 40]);
  });

  it("publishes the rest when it is triggered with a half-published run", async () => {
    const tokens = await addAudience(functions, 40);
    const at = nextTime();
    const publisher = { ...functions.services.publisher, publish: () => Promise.reject(new Error("14 UNAVAILABLE")) };
    const due = { campaign: saveLocation, scheduledAt: at.getTime() };
    await assert.rejects(startRun({ ...functions.services, publisher }, due), /UNAVAILABLE/);
    assert.equal((await readRun("saveLocation", at))?.["state"], "publishing");
    await runUntilDone("saveLocation", at);
    assert.deepEqual(countPushes(tokens), Array(40).fill(1));
  });

  it("skips devices that have muted it, and stale devices when it is silent", async () => {
    const tokens = await addAudience(functions, 4, (index) =>
      index === 0 ? { muted: ["saveLocation"] } : index === 1 ? { stale: true } : {},
    );
    const silent = await runUntilDone("saveLocation");
    assert.deepEqual(countPushes(tokens), [0, 0, 1, 1]);
    assert.deepEqual(silent["counts"], { accepted: 2, unregistered: 0, failed: 0, skipped: 2 });
    const notice = await runUntilDone("pathDaily");
    assert.deepEqual(countPushes(tokens), [1, 1, 2, 2]);
    assert.deepEqual(notice["counts"], { accepted: 4, unregistered: 0, failed: 0, skipped: 0 });
  });

  it("can be disabled and given another text in Firestore", async () => {
    const tokens = await addAudience(functions, 1);
    const override = functions.services.db.doc("campaigns/pathDaily");
    await override.set({ enabled: false });
    const at = nextTime();
    assert.equal((await functions.runSchedule("pathDaily", at)).status, 200);
    assert.equal(await readRun("pathDaily", at), undefined);
    await override.set({ title: "Log of the week", data: { page: "log" } });
    await runUntilDone("pathDaily");
    const [message] = pushesTo(functions, [...tokens.values()][0]!);
    assert.deepEqual(message.notification, { title: "Log of the week", body: "일주일 동안의 기록을 확인해보세요!" });
    assert.deepEqual(message.data, { page: "log", type: "notice", campaign: "pathDaily" });
  });

  for (const [fault, override] of [
    ["enabled must be true or false", { enabled: "false" }],
    ["enabled must be true or false", { enabled: "off" }],
    ["enabled must be true or false", { enabled: 0 }],
    ["enabled must be true or false", { enabled: null }],
    ["enabled must be true or false", { enabled: [] }],
    ['must not have "Enabled"', { Enabled: false }],
    ["title must be a string", { title: 7 }],
    ["body must not be empty", { body: "" }],
    ["data must be an object", { data: "page=log" }],
    ["data.page must be a string", { data: { page: 7 } }],
  ] as const) {
    it(`sends nothing, and logs an error, with the override ${JSON.stringify(override)}`, async () => {
      const tokens = await addAudience(functions, 2);
      await functions.services.db.doc("campaigns/saveLocation").set(override);
      const at = nextTime();
      const logged = functions.logged.length;
      assert.equal((await functions.runSchedule("saveLocation", at)).status, 200);
      await functions.settleMessages();
      assert.equal(await readRun("saveLocation", at), undefined);
      assert.deepEqual(countPushes(tokens), [0, 0]);
      const line = functions.logged.slice(logged).find((text) => text.includes("campaign_override_invalid")) ?? "{}";
      const { severity, campaign, faults } = JSON.parse(line);
      assert.deepEqual([severity, campaign, faults], ["ERROR", "saveLocation", [fault]]);
    });
  }

  it("forgets the devices whose app is gone", async () => {
    const tokens = await addAudience(functions, 80);
    for (const token of [...tokens.values()].slice(0, 4)) functions.fcm.setState(token, "uninstalled");
    const run = await runUntilDone("saveLocation");
    assert.deepEqual(run["counts"], { accepted: 76, unregistered: 4, failed: 0, skipped: 0 });
    const { db } = functions.services;
    assert.equal((await db.collection("devices").count().get()).data().count, 76);
    const again = await runUntilDone("saveLocation");
    assert.deepEqual(again["counts"], { accepted: 76, unregistered: 0, failed: 0, skipped: 0 });
  });

  it("logs no registration", async () => {
    const tokens = await addAudience(functions, 10);
    functions.fcm.setState([...tokens.values()][0]!, "uninstalled");
    await runUntilDone("saveLocation");
    const logged = functions.logged.join("\n");
    for (const token of tokens.values()) assert.equal(logged.includes(token), false);
  });
});

describe("a worker", () => {
  it("retries only the messages that FCM could not accept", async () => {
    const services = withClock();
    const tokens = await addAudience(functions, 20);
    const message = await planShard(services);
    const inShard = await shardTokens(message.shard, tokens);
    functions.fcm.addFault({ match: { token: inShard[0]! }, status: 503, error_code: "UNAVAILABLE" });
    functions.fcm.addFault({ match: { token: inShard[1]! }, status: 429, retry_after: "2" });
    await sendShard(services, message);
    await services.close();
    assert.deepEqual(
      inShard.map((token) => pushesTo(functions, token).length),
      inShard.map(() => 1),
    );
    const { counts, state } = await readShard(message);
    assert.deepEqual([state, counts], ["done", { accepted: inShard.length, unregistered: 0, failed: 0, skipped: 0 }]);
  });

  it("keeps to its instance's rate and in-flight limit", async () => {
    const services = withClock();
    await addAudience(functions, 80);
    const message = await planShard(services);
    const concurrencies: (number | undefined)[] = [];
    const sendEach: Services["fcm"]["sendEach"] = (items, budget, options) => {
      concurrencies.push(options?.concurrency);
      return services.fcm.sendEach(items, budget, options);
    };
    const campaignPace = createPace({ perSecond: 10, rampSeconds: 0 }, services.clock);
    const startedAt = services.clock.now();
    await sendShard({ ...services, campaignPace, fcm: { ...services.fcm, sendEach } }, message);
    await services.close();
    const { accepted } = (await readShard(message)).counts;
    const seconds = (services.clock.now() - startedAt) / 1000;
    assert.ok(accepted >= 5 && seconds >= (accepted - 1) / 10 - 0.02, `${accepted} sent in ${seconds} s`);
    assert.deepEqual(concurrencies, [2000 / shardsPerWorker]);
  });

  it("leaves messages that FCM could not accept in time to the next delivery, which sends only those", async () => {
    const services = withClock();
    const tokens = await addAudience(functions, 20);
    const message = await planShard(services);
    const inShard = await shardTokens(message.shard, tokens);
    functions.fcm.addFault({ match: { token: inShard[0]! }, status: 503, error_code: "UNAVAILABLE", times: 1000 });
    await assert.rejects(sendShard(services, message), { name: "TryAgain" });
    const begun = await readShard(message);
    assert.deepEqual([begun.state, Object.values(begun.pending)], ["sending", ["UNAVAILABLE"]]);
    functions.fcm.clearFaults();
    await sendShard(services, message);
    await sendShard(services, message);
    await services.close();
    assert.deepEqual(
      inShard.map((token) => pushesTo(functions, token).length),
      inShard.map(() => 1),
    );
    assert.equal((await readShard(message)).counts.accepted, inShard.length);
  });

  it("leaves messages with refused credentials to the next delivery as well", async () => {
    const services = withClock();
    const tokens = await addAudience(functions, 20);
    const message = await planShard(services);
    const inShard = await shardTokens(message.shard, tokens);
    functions.fcm.addFault({ status: 401, error_code: "UNAUTHENTICATED", times: 100_000 });
    await assert.rejects(sendShard(services, message), { name: "TryAgain" });
    const { pending } = await readShard(message);
    assert.deepEqual(Object.values(pending), Array(inShard.length).fill("UNAUTHENTICATED"));
    functions.fcm.clearFaults();
    await sendShard(services, message);
    await services.close();
    assert.equal((await readShard(message)).counts.accepted, inShard.length);
  });

  it("records why APNs refused an iPhone, and sends once to a phone that is two devices", async () => {
    const services = withClock();
    const tokens = await addAudience(functions, 20);
    const message = await planShard(services);
    const inShard = await shardTokens(message.shard, tokens);
    functions.fcm.addFault({ match: { token: inShard[0]! }, status: 400, body: badDeviceToken });
    const { db } = functions.services;
    const { devices } = (await db.doc(`audience/${message.shard}`).get()).data() as any;
    const double = Object.keys(devices).find((id) => tokens.get(id) === inShard[1]);
    await db.doc(`audience/${message.shard}`).update({ "devices.zz-double": devices[double!] });
    await sendShard(services, message);
    await services.close();
    const { counts, errors, failed } = await readShard(message);
    assert.deepEqual(counts, { accepted: inShard.length - 1, unregistered: 0, failed: 1, skipped: 1 });
    const name = "INVALID_ARGUMENT/BadDeviceToken";
    assert.deepEqual([errors, Object.values(failed)], [{ [name]: 1 }, [name]]);
    assert.equal(pushesTo(functions, inShard[1]!).length, 1);
    const run = (await db.doc(`campaignRuns/${message.runId}`).get()).data();
    assert.deepEqual(run?.["errors"], { [name]: 1 });
  });

  it("records final failures, and sends nothing once the push has expired", async () => {
    const services = withClock();
    const tokens = await addAudience(functions, 20);
    const message = await planShard(services);
    const inShard = await shardTokens(message.shard, tokens);
    functions.fcm.addFault({ match: { token: inShard[0]! }, status: 503, error_code: "UNAVAILABLE", times: 1000 });
    await assert.rejects(sendShard(services, message), { name: "TryAgain" });
    functions.fcm.clearFaults();
    const late = withClock(message.expiresAt);
    await sendShard(late, message);
    await services.close();
    await late.close();
    const { state, counts, failed, errors } = await readShard(message);
    assert.deepEqual([state, counts.accepted, counts.failed], ["done", inShard.length - 1, 1]);
    assert.deepEqual([Object.values(failed), errors], [["expired"], { expired: 1 }]);
    assert.equal(pushesTo(functions, inShard[0]!).length, 0);
  });

  it("leaves a shard alone while another worker sends it, and takes it over when that one has died", async () => {
    const services = withClock();
    const tokens = await addAudience(functions, 20);
    const message = await planShard(services);
    const inShard = await shardTokens(message.shard, tokens);
    const dying = dieAfter(services, 2);
    await assert.rejects(sendShard(dying, message), /the process is gone/);
    await assert.rejects(sendShard(services, message), /Another worker sends/);
    assert.ok(inShard.some((token) => pushesTo(functions, token).length === 0));
    const later = withClock(services.clock.now() + 61_000);
    await sendShard(later, message);
    await services.close();
    await later.close();
    assert.ok(inShard.every((token) => pushesTo(functions, token).length >= 1));
    assert.equal((await readShard(message)).counts.accepted, inShard.length);
  });

  it("stops when another worker has taken its shard over, and counts nothing twice", async () => {
    const services = withClock();
    await addAudience(functions, 20);
    const message = await planShard(services);
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    const slow = holdSends(services, held);
    const first = sendShard(slow, message);
    await until(() => slow.isHeld());
    const later = withClock(services.clock.now() + 61_000);
    await sendShard(later, message);
    letGo();
    await assert.rejects(first, { name: "TryAgain" });
    await services.close();
    await later.close();
    const { counts } = await readShard(message);
    const run = (await functions.services.db.doc(`campaignRuns/${message.runId}`).get()).data();
    assert.deepEqual([run?.["shardsDone"], run?.["counts"].accepted], [1, counts.accepted]);
  });
});

async function untilAborted(signal: AbortSignal): Promise<void> {
  await once(signal, "abort");
  signal.throwIfAborted();
}

async function readShard({ runId, shard }: ShardMessage) {
  return (await functions.services.db.doc(`campaignRuns/${runId}/shards/${shard}`).get()).data() as any;
}

/** The tokens of the devices in a shard. */
async function shardTokens(shard: string, tokens: ReadonlyMap<string, string>): Promise<string[]> {
  const { devices } = (await functions.services.db.doc(`audience/${shard}`).get()).data() as any;
  return Object.keys(devices).map((id) => tokens.get(id)!);
}

/** A worker whose process ends after so many sends: later calls have no effect. */
function dieAfter(services: Services, sends: number): Services {
  let left = sends;
  const gone = () => Promise.reject(new Error("the process is gone"));
  const sendEach: Services["fcm"]["sendEach"] = async function* die(items, budget) {
    for await (const settled of services.fcm.sendEach(items, budget, { concurrency: 1 })) {
      if (left === 0) throw new Error("the process is gone");
      left -= 1;
      yield settled;
    }
  };
  return { ...services, fcm: { ...services.fcm, sendEach, close: gone } };
}

/** A worker whose first send lasts until the test releases it. */
function holdSends(services: Services, held: Promise<void>): Services & { isHeld(): boolean } {
  let holding = false;
  const sendEach: Services["fcm"]["sendEach"] = async function* hold(items, budget) {
    for await (const settled of services.fcm.sendEach(items, budget)) {
      holding = true;
      await held;
      yield settled;
    }
  };
  return { ...services, fcm: { ...services.fcm, sendEach }, isHeld: () => holding };
}
