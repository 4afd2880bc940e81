import { parseArgs } from "node:util";
import { exten, key } from "../callee.ts";
import { parseCount, type Benchmark } from "../benchmark.ts";
import { runChild } from "../children/child.ts";
import type { Report } from "../report.ts";
import { describeSamples, formatNumber, median } from "../statistics.ts";
import { readCpuSeconds } from "../cpu-time.ts";
import { startFastApi, type Server } from "./fastapi.ts";
import type { PostedMany, PostManyInput } from "./post-many.ts";
import type { Work } from "./post.ts";
import { startStage } from "./stage.ts";

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
  const stage = await startStage("demo-bench-requests");
  const { pbx, fcmHost, projectId, token } = stage;
  const peer = await startFastApi({ fcmHost, projectId, key });
  try {
    const send: Work = { path: "/send", token };
    const lines = { send: [] as number[], calls: [] as number[], peer: [] as number[] };
    // The first round warms them up.
    for (let round = 0; round <= rounds; round += 1) {
      const from = round * count;
      printProgress(round === 0 ? "warming up" : `round ${round} of ${rounds}`);
      const costs = {
        send: await measureCost(pbx, send, from, count),
        peer: await measureCost(peer, send, from, count),
        calls: await measureCost(pbx, { path: "/calls", exten }, from, count),
      };
      if (round === 0) continue;
      for (const name of ["send", "calls", "peer"] as const) lines[name].push(costs[name]);
    }
    return describe(lines, count);
  } finally {
    await peer.stop();
    await stage.close();
  }
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
