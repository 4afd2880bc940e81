import { parseArgs } from "node:util";
import { buildFunctions } from "../../local/cloud/build-functions.ts";
import { startFunction } from "../../local/cloud/function-process.ts";
import { startSurroundings, type Surroundings } from "../../local/cloud/surroundings.ts";
import { addCallee, exten, key, pbxKeys } from "../callee.ts";
import { parseCount, type Benchmark } from "../benchmark.ts";
import { runChild, startChild } from "../children/child.ts";
import type { FcmChild, FcmInput } from "../children/fcm.ts";
import type { Report } from "../report.ts";
import { describeSamples, formatNumber, median } from "../statistics.ts";
import { readCpuSeconds } from "../cpu-time.ts";
import { startFastApi, type Server } from "./fastapi.ts";
import type { PostedMany, PostManyInput, Work } from "./post-many.ts";

/** What a request costs the server that answers it, beside FastAPI's. */
export const requests: Benchmark = {
  usage: "[--rounds 5] [--requests 4000]",
  run: async (args) => {
    const { values } = parseArgs({
      args: [...args],
      options: { rounds: { type: "string", default: "5" }, requests: { type: "string", default: "4000" } },
    });
    return measure(parseCount("rounds", values.rounds), parseCount("requests", values.requests));
  },
};

const concurrency = 16;

async function measure(rounds: number, count: number): Promise<Report> {
  await buildFunctions();
  const around = await startSurroundings("demo-bench-requests");
  const fcmInput: FcmInput = { projectId: around.projectId, phones: 1 };
  const fcm = startChild<FcmChild>(new URL("../children/fcm.ts", import.meta.url), fcmInput);
  const servers: Server[] = [];
  try {
    const { address, tokens } = await fcm.next();
    const token = tokens[0] ?? "";
    await addCallee(around.db, token);
    const ours = await startPbx(around, address);
    servers.push(ours);
    const peer = await startFastApi({ fcmHost: address, projectId: around.projectId, key });
    servers.push(peer);
    const send: Work = { path: "/send", token };
    const lines = { send: [] as number[], calls: [] as number[], peer: [] as number[] };
    // The first round warms them up.
    for (let round = 0; round <= rounds; round += 1) {
      const from = round * count;
      printProgress(round === 0 ? "warming up" : `round ${round} of ${rounds}`);
      const costs = {
        send: await measureCost(ours, send, from, count),
        peer: await measureCost(peer, send, from, count),
        calls: await measureCost(ours, { path: "/calls", exten }, from, count),
      };
      if (round === 0) continue;
      for (const name of ["send", "calls", "peer"] as const) lines[name].push(costs[name]);
    }
    return describe(lines, count);
  } finally {
    for (const server of servers) await server.stop();
    await fcm.stop();
    await around.close();
  }
}

async function startPbx(around: Surroundings, fcmHost: string): Promise<Server> {
  const environment = { ...around.environment, FCM_EMULATOR_HOST: fcmHost, PBX_KEYS: pbxKeys };
  return startFunction("pbx", { signatureType: "http", environment });
}

/** What one request costs a server, in milliseconds of CPU time. */
async function measureCost({ url, pid }: Server, work: Work, from: number, count: number): Promise<number> {
  const input: PostManyInput = { url, key, work, from, count, concurrency };
  const before = await readCpuSeconds(pid);
  await runChild<PostedMany>(new URL("post-many.ts", import.meta.url), input);
  return (((await readCpuSeconds(pid)) - before) * 1000) / count;
}

function describe(costs: { send: number[]; calls: number[]; peer: number[] }, count: number): Report {
  const row = (what: string, ours: number[], bar: number) => {
    const ratio = median(costs.peer.map((peer, round) => peer / (ours[round] ?? Number.NaN)));
    return [
      what,
      describeSamples(ours, 3),
      describeSamples(costs.peer, 3),
      `${formatNumber(ratio, 2)} ×`,
      `≥ ${bar} ×`,
      ratio >= bar ? "met" : "MISSED",
    ];
  };
  return {
    title: `CPU time of the server for a request, in ms, ${concurrency} at once, ${count} a round: medians, smallest and largest`,
    columns: ["what", "pbx-push", "FastAPI + requests, /send", "ratio", "bar", ""],
    rows: [row("POST /send", costs.send, 5), row("POST /calls, Firestore included", costs.calls, 1.5)],
    result: { costs },
  };
}

function printProgress(doing: string): void {
  process.stderr.write(`… ${doing}\n`);
}
