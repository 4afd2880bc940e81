import { constants, setPriority } from "node:os";
import { shardsPerWorker } from "../../functions/src/campaigns/send-shard.ts";
import { readConfig } from "../../functions/src/config.ts";
import { buildFunctions } from "../../local/build-functions.ts";
import { deliverMessages } from "../../harness/eventarc.ts";
import { startFunction } from "../../harness/function-process.ts";
import { startInstances } from "../../harness/instances.ts";
import { seedAudience } from "../../harness/seed-audience.ts";
import { startBackends, type Backends } from "../../harness/backends.ts";
import { addCallee } from "../callee.ts";
import { startChild } from "../children/child.ts";
import { percentile } from "../statistics.ts";
import { callSteadily } from "./steady-calls.ts";
import type { FcmChild, FcmInput } from "../children/fcm.ts";

/** The default number of workers in the cloud. */
const { campaignWorkers } = readConfig({ GCLOUD_PROJECT: "demo" });

/** Latency of the answers to calls, in milliseconds. */
export interface Latencies {
  readonly calls: number;
  readonly p50: number;
  readonly p99: number;
}

/** Latencies of calls with and without a sweep at the same time. */
export interface CallComparison {
  readonly alone: Latencies;
  readonly during: Latencies;
  readonly devices: number;
  readonly sweepSeconds: number;
}

const shards = 64;

/** Low priority for the sweep's processes: in the cloud they run on other machines, here all processes share two cores. */
const priority = constants.priority.PRIORITY_LOW;
const callsAlone = 500;

/**
 * Places calls at a steady rate through the deployed functions, before, during and after a sweep. Each function has its own
 * processes, as in the cloud. Calls and sweep use separate FCM emulators: Google's FCM is not a single process.
 */
export async function compareCalls(devices: number): Promise<CallComparison> {
  // This process's Pub/Sub client would look for a metadata server.
  process.env["METADATA_SERVER_DETECTION"] = "none";
  await buildFunctions();
  const backends = await startBackends("demo-bench-calls");
  const closing: (() => Promise<unknown>)[] = [() => backends.close()];
  try {
    const sweep = await prepareSweep(backends, devices, closing);
    const pbx = await startFunction("pbx", { signatureType: "http", environment: backends.environment });
    closing.push(() => pbx.stop());
    await addCallee(backends.db, backends.fcm.createRegistration().token);
    await callSteadily(pbx.url, until(callsAlone));
    const before = await callSteadily(pbx.url, until(callsAlone));
    const startedAt = performance.now();
    const isOver = await sweep();
    const during = await callSteadily(pbx.url, isOver);
    const sweepSeconds = (performance.now() - startedAt) / 1000;
    const after = await callSteadily(pbx.url, until(callsAlone));
    return { alone: summarize([...before, ...after]), during: summarize(during), devices, sweepSeconds };
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}

/** Prepares a sweep; the returned function starts it and returns a function that tells whether it is over. */
async function prepareSweep(backends: Backends, devices: number, closing: (() => Promise<unknown>)[]) {
  const { db, projectId, pubsub } = backends;
  const input: FcmInput = { projectId, phones: devices };
  const child = startChild<FcmChild>(new URL("../children/fcm.ts", import.meta.url), input);
  closing.push(() => child.stop());
  setPriority(child.pid, priority);
  const { address, tokens } = await child.next();
  await seedAudience({ db, shards }, tokens);
  const environment = {
    ...backends.environment,
    FCM_EMULATOR_HOST: address,
    AUDIENCE_SHARDS: String(shards),
    CAMPAIGN_RAMP_SECONDS: "0",
  };
  const deliveries = await deliverMessages({ projectId, pubsubHost: pubsub.host, pubsubTopic: "campaign-shards" });
  closing.push(() => deliveries.stop());
  const instances = await startInstances({
    name: "campaignWorker",
    count: campaignWorkers,
    concurrency: shardsPerWorker,
    environment,
    priority,
    deliveries,
  });
  closing.push(() => instances.stop());
  const schedule = await startFunction("saveLocation", { signatureType: "http", environment });
  closing.push(() => schedule.stop());
  return async () => {
    const scheduledAt = new Date().toISOString();
    await fetch(schedule.url, { method: "POST", headers: { "x-cloudscheduler-scheduletime": scheduledAt } });
    let isOver = false;
    const stopWatching = db.doc(`campaignRuns/saveLocation~${scheduledAt}`).onSnapshot((run) => {
      isOver = run.get("state") === "done";
    });
    closing.push(async () => stopWatching());
    return () => isOver;
  };
}

function until(calls: number): (made: number) => boolean {
  return (made) => made >= calls;
}

function summarize(samples: readonly number[]): Latencies {
  return { calls: samples.length, p50: percentile(samples, 50), p99: percentile(samples, 99) };
}
