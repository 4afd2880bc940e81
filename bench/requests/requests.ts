import { parseArgs } from "node:util";
import { formatPromise, type Bar } from "../bar.ts";
import { parseCount, type Benchmark } from "../benchmark.ts";
import { exten, iphoneExten, key } from "../callee.ts";
import { runChild, startChild } from "../children/child.ts";
import type { FcmChild, FcmInput } from "../children/fcm.ts";
import { readCpuSeconds } from "../cpu-time.ts";
import { stagePeer } from "../peers/stage-peer.ts";
import type { Report } from "../report.ts";
import { describeSamples, formatNumber, median } from "../statistics.ts";
import { startFastApi, type Server } from "./fastapi.ts";
import type { PostedMany, PostManyInput } from "./post-many.ts";
import type { Work } from "./post.ts";
import { startStage } from "../stage.ts";

/** CPU time of a request, compared with a function that uses firebase-admin and with FastAPI; of a ring by APNs, with FCM's. */
export const requests: Benchmark = {
  usage: "[--rounds 5] [--requests 4000] [--no-fastapi]",
  short: ["--rounds", "3", "--requests", "1500", "--no-fastapi"],
  run: async (args) => {
    const { values } = parseArgs({
      args: [...args],
      allowNegative: true,
      options: {
        rounds: { type: "string", default: "5" },
        requests: { type: "string", default: "4000" },
        fastapi: { type: "boolean", default: true },
      },
    });
    const rounds = parseCount("rounds", values.rounds);
    return measure({ rounds, count: parseCount("requests", values.requests), hasFastApi: values.fastapi });
  },
};

interface Plan {
  readonly rounds: number;
  readonly count: number;
  /** FastAPI needs Debian packages. */
  readonly hasFastApi: boolean;
}

/** A server, its work, and its CPU time per request in each round, in milliseconds. */
interface Contestant {
  readonly server: Server;
  readonly work: Work;
  readonly costs: number[];
}

const compete = (server: Server, work: Work): Contestant => ({ server, work, costs: [] });

const concurrency = 16;
const projectId = "demo-bench-requests";

async function measure({ rounds, count, hasFastApi }: Plan): Promise<Report> {
  const stage = await startStage(projectId);
  const naive = await stagePeer("naive");
  const fastApi = hasFastApi ? await startFastApiWithFcm() : undefined;
  try {
    const send: Work = { path: "/send", token: stage.token };
    const call: Work = { path: "/calls", exten };
    const callByApns: Work = { path: "/calls", exten: iphoneExten };
    const admin = await stage.startPeer(naive.folder);
    const contest = {
      send: compete(stage.pbx, send),
      call: compete(stage.pbx, call),
      callByApns: compete(stage.pbx, callByApns),
      adminSend: compete(admin, send),
      adminCall: compete(admin, call),
      ...(fastApi !== undefined && { oldSend: compete(fastApi.server, { ...send, token: fastApi.token }) }),
    };
    let from = 0;
    // The first round warms them up.
    for (let round = 0; round <= rounds; round += 1) {
      process.stderr.write(round === 0 ? "… warming up\n" : `… round ${round} of ${rounds}\n`);
      for (const { server, work, costs } of Object.values(contest)) {
        const cost = await measureCost(server, work, from, count);
        if (round > 0) costs.push(cost);
        from += count;
      }
    }
    return describe(contest, count);
  } finally {
    await fastApi?.stop();
    await stage.close();
    await naive.remove();
  }
}

/** FastAPI with an FCM that speaks HTTP/1.1, as requests does. There is no TLS, in FastAPI's favour. */
async function startFastApiWithFcm() {
  const fcmInput: FcmInput = { projectId, phones: 1 };
  const fcm = startChild<FcmChild>(new URL("../children/fcm.ts", import.meta.url), fcmInput);
  const { address, tokens } = await fcm.next();
  const server = await startFastApi({ fcmHost: address, projectId, key });
  const stop = async () => {
    await server.stop();
    await fcm.stop();
  };
  return { server, token: tokens[0] ?? "", stop };
}

/** CPU time of a server for one request, in milliseconds. */
async function measureCost({ url, pid }: Server, work: Work, from: number, count: number): Promise<number> {
  const input: PostManyInput = { url, key, work, from, count, concurrency };
  const before = await readCpuSeconds(pid);
  await runChild<PostedMany>(new URL("post-many.ts", import.meta.url), input);
  return (((await readCpuSeconds(pid)) - before) * 1000) / count;
}

interface Contest {
  readonly send: Contestant;
  readonly call: Contestant;
  readonly callByApns: Contestant;
  readonly adminSend: Contestant;
  readonly adminCall: Contestant;
  readonly oldSend?: Contestant;
}

function describe({ send, call, callByApns, adminSend, adminCall, oldSend }: Contest, count: number): Report {
  const pairs = [
    pair("POST /send", send, adminSend, "a function with firebase-admin's send"),
    pair("POST /calls", call, adminCall, "the same function's /calls"),
    pair("POST /calls", call, callByApns, "a ring by APNs", { most: 1.2 }),
    ...(oldSend === undefined
      ? []
      : [
          pair("POST /send", send, oldSend, "FastAPI + requests", { least: 5 }),
          pair("POST /calls", call, oldSend, "FastAPI's /send", { least: 1.5 }),
        ]),
  ];
  return {
    title: `CPU time of the server for a request, in ms, ${concurrency} at once, ${count} a round: medians, smallest and largest`,
    columns: ["what", "pbx-push", "compared with", "", "ratio", ""],
    rows: pairs.map(({ row }) => row),
    bars: pairs.map(({ bar }) => bar),
    result: { send, call, callByApns, adminSend, adminCall, oldSend },
  };
}

/** A line of the table. Without a promise of its own, ours costs no more than the peer. */
function pair(what: string, ours: Contestant, peer: Contestant, name: string, own?: Bar["promise"]) {
  const value = median(peer.costs.map((cost, round) => cost / (ours.costs[round] ?? Number.NaN)));
  const promise = own === undefined ? { promise: { least: 1 }, alarm: 0.9 } : { promise: own };
  const bar: Bar = { what: `CPU time of ${name} ÷ ours, ${what}`, value, ...promise };
  const ratio = `${formatNumber(value, 2)} ×`;
  const row = [what, describeSamples(ours.costs, 3), name, describeSamples(peer.costs, 3), ratio, formatPromise(bar)];
  return { row, bar };
}
