import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildFunctions } from "../../local/cloud/build-functions.ts";
import { parseCount, type Benchmark } from "../benchmark.ts";
import type { Report } from "../report.ts";
import { describeSamples, formatNumber, median } from "../statistics.ts";
import { startCloud, type Cloud } from "./cloud.ts";
import { measureStart, type Start } from "./measure-start.ts";
import { measureGraph, type ModuleGraph } from "./module-graph.ts";
import { stageNaive } from "./naive-source.ts";

/** Cold starts of one side. */
interface Side {
  readonly starts: Start[];
  readonly graphs: ModuleGraph[];
}

const ours = fileURLToPath(new URL("../../functions", import.meta.url));

/** How long a call waits for an instance that is not there yet, beside a naive index that imports everything. */
export const coldStart: Benchmark = {
  usage: "[--rounds 9] [--token-ms 20]",
  run: async (args) => {
    const { values } = parseArgs({
      args: [...args],
      options: { rounds: { type: "string", default: "9" }, "token-ms": { type: "string", default: "20" } },
    });
    const rounds = parseCount("rounds", values.rounds);
    const tokenMs = parseCount("token-ms", values["token-ms"]);
    // The Pub/Sub client of this process looks for a metadata server too.
    process.env["METADATA_SERVER_DETECTION"] = "none";
    await buildFunctions();
    const [cloud, naive] = await Promise.all([startCloud(tokenMs), stageNaive()]);
    try {
      return describe(...(await compare(cloud, rounds, naive.folder)));
    } finally {
      await Promise.all([cloud.close(), naive.remove()]);
    }
  },
};

/** The two take turns; what the first round finds on the disk the others find in memory. */
async function compare(cloud: Cloud, rounds: number, naive: string): Promise<[Side, Side]> {
  const sides: [Side, Side] = [
    { starts: [], graphs: [] },
    { starts: [], graphs: [] },
  ];
  for (let round = 0; round <= rounds; round += 1) {
    process.stderr.write(`… round ${round} of ${rounds}\n`);
    for (const [nth, source] of [ours, naive].entries()) {
      const start = await measureStart(cloud, source);
      const index = source === ours ? join(ours, "lib/index.js") : join(naive, "index.js");
      const graph = await measureGraph(index, cloud.environment);
      if (round === 0) continue;
      sides[nth]?.starts.push(start);
      sides[nth]?.graphs.push(graph);
    }
  }
  return sides;
}

/** The most that ours may take of what the naive index takes. */
const bar = 0.6;

function describe(mine: Side, peer: Side): Report {
  const legs: readonly [what: string, samples: (side: Side) => readonly number[]][] = [
    ["first push accepted, ms", ({ starts }) => starts.map(({ acceptedMs }) => acceptedMs)],
    ["first call answered, ms", ({ starts }) => starts.map(({ answeredMs }) => answeredMs)],
    ["CPU until then, ms", ({ starts }) => starts.map(({ cpuMs }) => cpuMs)],
    ["takes connections, ms", ({ starts }) => starts.map(({ listeningMs }) => listeningMs)],
    ["index loaded, ms", ({ graphs }) => graphs.map(({ loadMs }) => loadMs)],
    ["files in the index", ({ graphs }) => graphs.map(({ files }) => files)],
  ];
  const rows = legs.map(([what, samples], nth) => {
    const ratio = median(samples(mine).map((one, round) => one / (samples(peer)[round] ?? one)));
    const verdict = nth > 0 ? "" : `≤ ${bar} ×: ${ratio <= bar ? "met" : "MISSED"}`;
    return [
      what,
      describeSamples(samples(mine)),
      describeSamples(samples(peer)),
      `${formatNumber(ratio, 2)} ×`,
      verdict,
    ];
  });
  return {
    title: `From the start of a process to its first call: ${mine.starts.length} rounds, taking turns`,
    columns: ["", "ours", "naive index", "ratio", "bar"],
    rows,
    result: { ours: mine, naive: peer, bar },
  };
}
