import { readConfig } from "../../functions/src/config.ts";
import { openDatabase } from "../../harness/backends.ts";
import { startCountingFirestore, type Billed } from "../../test/support/counting-firestore.ts";
import { runChild } from "../children/child.ts";
import { heapFlag, readDeployedOptions } from "../google/google.ts";
import { startLeanFcm } from "../lean-fcm/lean-fcm.ts";
import { createTokens } from "./sender.ts";
import type { SweepInput, Swept } from "./sweep-worker.ts";

/** The default number of workers in the cloud. */
const { campaignWorkers } = readConfig({ GCLOUD_PROJECT: "demo" });

/** Result of one worker's sweep of all devices, and the document operations that Google would bill. */
export interface MillionSweep extends Swept {
  readonly devices: number;
  readonly shards: number;
  readonly billed: Readonly<Record<string, Billed>>;
  /** Size of an audience document in bytes, with tokens as long as FCM's. */
  readonly shardBytes: number;
}

const projectId = "demo-bench";

/** Two thirds of what fits into a document: a fleet grows, and ids and tokens may be longer. */
const devicesPerShard = 2500;

const delayMs = 100;

// A worker sends at its share of this rate: here the one worker gets the project's whole FCM quota.
const messagesPerMinute = 600_000 * campaignWorkers;

/** Sweeps a fleet with one worker that runs the deployed code, at FCM's default quota and 100 ms an answer. */
export async function sweepAMillion(devices: number): Promise<MillionSweep> {
  const shards = Math.ceil(devices / devicesPerShard);
  const flags = [heapFlag, await readDeployedOptions()];
  const firestore = await startCountingFirestore();
  const fcm = await startLeanFcm({ delayMs });
  const { origin, ca } = fcm;
  try {
    const shardBytes = await seed(firestore.host, shards);
    firestore.clearCounts();
    const input: SweepInput = { projectId, firestoreHost: firestore.host, origin, ca, shards, messagesPerMinute };
    const swept = await runChild<Swept>(new URL("sweep-worker.ts", import.meta.url), input, flags);
    return {
      ...swept,
      devices: shards * devicesPerShard,
      shards,
      billed: structuredClone(firestore.billed),
      shardBytes,
    };
  } finally {
    await Promise.all([fcm.stop(), firestore.close()]);
  }
}

/** Writes only the audience: a sweep reads no device documents. */
async function seed(host: string, shards: number): Promise<number> {
  const db = openDatabase(projectId, host);
  const entries = createTokens(devicesPerShard).map((value, index) => {
    return [
      `device-${String(index).padStart(29, "0")}`,
      { registration: { kind: "token", value }, platform: "android" },
    ] as const;
  });
  const devices = Object.fromEntries(entries);
  for (let shard = 0; shard < shards; shard += 1) await db.collection("audience").doc(String(shard)).set({ devices });
  await db.terminate();
  return Buffer.byteLength(JSON.stringify(devices));
}
