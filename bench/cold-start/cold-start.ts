import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildFunctions } from "../../local/build-functions.ts";
import { formatPromise, type Bar } from "../bar.ts";
import { parseCount, type Benchmark } from "../benchmark.ts";
import type { Report } from "../report.ts";
import { describeSamples, formatNumber, median } from "../statistics.ts";
import { startCloud, type Cloud } from "./cloud.ts";
import { measureStart, type Start } from "./measure-start.ts";
import { measureGraph, type ModuleGraph } from "./module-graph.ts";
import { stagePeer } from "../peers/stage-peer.ts";

/** Cold starts of one side. */
interface Side {
  readonly starts: Start[];
  readonly graphs: ModuleGraph[];
}

/** The functions to start, and their index file. */
interface Starter {
  readonly source: string;
  readonly index: string;
  readonly whose: "ours" | "theirs";
}

const ours: Starter = {
  source: fileURLToPath(new URL("../../functions", import.meta.url)),
  index: "lib/index.js",
  whose: "ours",
};

const asPeer = (source: string): Starter => ({ source, index: "index.js", whose: "theirs" });

/** How long a call waits for a cold start, compared with a naive index that imports everything. */
export const coldStart: Benchmark = {
  usage: "[--rounds 9] [--token-ms 20]",
  short: ["--rounds", "3"],
  run: async (args) => {
    const { values } = parseArgs({
      args: [...args],
      options: { rounds: { type: "string", default: "9" }, "token-ms": { type: "string", default: "20" } },
    });
    const rounds = parseCount("rounds", values.rounds);
    const tokenMs = parseCount("token-ms", values["token-ms"]);
    // This process's Pub/Sub client would look for a metadata server.
    process.env["METADATA_SERVER_DETECTION"] = "none";
    await buildFunctions();
    const [cloud, naive, least] = await Promise.all([startCloud(tokenMs), stagePeer("naive"), stagePeer("least")]);
    try {
      const [mine, ...peers] = await compare(cloud, rounds, [ours, asPeer(naive.folder), asPeer(least.folder)]);
      return describe(mine, peers[0], peers[1]);
    } finally {
      await Promise.all([cloud.close(), naive.remove(), least.remove()]);
    }
  },
};

const noStarts = (): Side => ({ starts: [], graphs: [] });

/** The sides take turns. The first round is not counted: it reads files from disk that are cached afterwards. */
async function compare(
  cloud: Cloud,
  rounds: number,
  starters: [Starter, Starter, Starter],
): Promise<[Side, Side, Side]> {
  const sides: [Side, Side, Side] = [noStarts(), noStarts(), noStarts()];
  for (let round = 0; round <= rounds; round += 1) {
    process.stderr.write(`… round ${round} of ${rounds}\n`);
    for (const [nth, starter] of starters.entries()) {
      const start = await measureStart(cloud, starter);
      const index = join(starter.source, starter.index);
      const graph = await measureGraph(index, cloud.environment(starter.whose));
      if (round === 0) continue;
      sides[nth]?.starts.push(start);
      sides[nth]?.graphs.push(graph);
    }
  }
  return sides;
}

function describe(mine: Side, naive: Side, least: Side): Report {
  const legs: readonly [what: string, samples: (side: Side) => readonly number[]][] = [
    ["first push accepted, ms", ({ starts }) => starts.map(({ acceptedMs }) => acceptedMs)],
    ["first call answered, ms", ({ starts }) => starts.map(({ answeredMs }) => answeredMs)],
    ["CPU until then, ms", ({ starts }) => starts.map(({ cpuMs }) => cpuMs)],
    ["takes connections, ms", ({ starts }) => starts.map(({ listeningMs }) => listeningMs)],
    ["index loaded, ms", ({ graphs }) => graphs.map(({ loadMs }) => loadMs)],
    ["files in the index", ({ graphs }) => graphs.map(({ files }) => files)],
  ];
  const compareTo = (peer: Side, side: Side, samples: (of: Side) => readonly number[]) =>
    median(samples(side).map((one, round) => one / (samples(peer)[round] ?? one)));
  const [, accepted] = legs[0] ?? [];
  const bar: Bar = {
    what: "cold start until the first push is accepted ÷ that of a naive index",
    value: accepted === undefined ? Number.NaN : compareTo(naive, mine, accepted),
    promise: { most: 0.6 },
    alarm: 1.15,
  };
  return {
    title: `From the start of a process to its first call: ${mine.starts.length} rounds, taking turns`,
    columns: ["", "ours", "naive index", "ratio", "minimal function", "its ratio", ""],
    rows: legs.map(([what, samples], nth) => [
      what,
      describeSamples(samples(mine)),
      describeSamples(samples(naive)),
      `${formatNumber(compareTo(naive, mine, samples), 2)} ×`,
      describeSamples(samples(least)),
      `${formatNumber(compareTo(naive, least, samples), 2)} ×`,
      nth === 0 ? formatPromise(bar) : "",
    ]),
    bars: [bar],
    result: { ours: mine, naive, least },
  };
}
