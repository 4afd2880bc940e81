import { parseArgs } from "node:util";
import type { Bar } from "../bar.ts";
import { parseCount, type Benchmark } from "../benchmark.ts";
import type { Report } from "../report.ts";
import { median } from "../statistics.ts";
import { ringCrowd, type CrowdRound } from "./ring-crowd.ts";
import { startCrowdStage, type CrowdStage, type Delays } from "./stage.ts";

/** Many phones in one call: how long the PBX waits for its answers while all the phones report in. */
export const crowd: Benchmark = {
  usage: "[--rounds 3] [--firestore-ms 15] [--fcm-ms 200]",
  short: ["--rounds", "2"],
  run: async (args) => {
    const options = {
      rounds: { type: "string", default: "3" },
      "firestore-ms": { type: "string", default: "15" },
      "fcm-ms": { type: "string", default: "200" },
    } as const;
    const { values } = parseArgs({ args: [...args], options });
    const delays = {
      firestoreMs: parseCount("firestore-ms", values["firestore-ms"]),
      fcmMs: parseCount("fcm-ms", values["fcm-ms"]),
    };
    const stage = await startCrowdStage(delays);
    try {
      return await measure(stage, parseCount("rounds", values.rounds), delays);
    } finally {
      await stage.close();
    }
  },
};

/** Numbers of lines, and of phones per line. */
const crowds = [
  { lines: 3, phones: 15 },
  { lines: 20, phones: 1 },
];

async function measure(stage: CrowdStage, rounds: number, delays: Delays): Promise<Report> {
  const rows: (string | number)[][] = [];
  const bars: Bar[] = [];
  const result: Record<string, readonly CrowdRound[]> = {};
  for (const { lines, phones } of crowds) {
    const added = await stage.addCrowd(lines, phones);
    const what = `${lines} lines × ${phones} phones`;
    const rung: CrowdRound[] = [];
    // The first round warms the instances up.
    for (let round = 0; round <= rounds; round += 1) {
      process.stderr.write(`… ${what}: ${round === 0 ? "warming up" : `round ${round} of ${rounds}`}\n`);
      const one = await ringCrowd(stage, added, `${lines}-${phones}-${round}`);
      if (round > 0) rung.push(one);
    }
    rows.push(...rung.map((one, nth) => [`${what}, ${nth + 1}`, ...describeRound(one)]));
    bars.push(...buildBars(what, lines * phones, rung, delays));
    result[what] = rung;
  }
  const [firestore, fcm] = [`Firestore ${delays.firestoreMs} ms a request`, `FCM ${delays.fcmMs} ms an answer`];
  return {
    title: `One call rings a crowd whose phones all report in: ${firestore}, ${fcm}. First edition: 503 after 9.6 s for each of three lines`,
    columns: ["round", "p50 ms", "max ms", "statuses", "accepted", "Firestore requests", "reports ms", "refused"],
    rows,
    bars,
    result: { crowds: result },
  };
}

function describeRound({ answers, requests, reportsMs, refusals }: CrowdRound): (string | number)[] {
  const times = answers.map(({ ms }) => ms);
  const statuses = Map.groupBy(answers, ({ status }) => status);
  return [
    median(times),
    Math.max(...times),
    [...statuses].map(([status, { length }]) => `${length} × ${status}`).join(", "),
    answers.reduce((sum, { accepted }) => sum + accepted, 0),
    requests,
    reportsMs,
    refusals,
  ];
}

function buildBars(what: string, phones: number, rounds: readonly CrowdRound[], { fcmMs }: Delays): Bar[] {
  const answers = rounds.flatMap((one) => one.answers);
  const slowest = Math.max(...answers.map(({ ms }) => ms));
  return [
    {
      what: `${what} in one call: the slowest answer, of 2 × FCM's time + 1 s`,
      value: slowest / (2 * fcmMs + 1000),
      promise: { most: 1 },
      // A busy machine is slow with a hundred requests at once; contention for one document takes ten seconds.
      alarm: 3,
    },
    {
      what: `${what} in one call: answers other than 200`,
      value: answers.filter(({ status }) => status !== 200).length,
      promise: { most: 0 },
      alarm: 0,
    },
    {
      what: `${what} in one call: refused reports per phone`,
      value: rounds.reduce((sum, { refusals }) => sum + refusals, 0) / rounds.length / phones,
      promise: { most: 0 },
    },
  ];
}
