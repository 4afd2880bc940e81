import { parseArgs } from "node:util";
import { parseCount, type Benchmark } from "../benchmark.ts";
import { exten, key } from "../callee.ts";
import { runChild } from "../children/child.ts";
import type { Report } from "../report.ts";
import { startStage, type Stage } from "../requests/stage.ts";
import { median, percentile } from "../statistics.ts";
import type { PostedSteadily, PostSteadilyInput } from "./post-steadily.ts";

/** Calls at a rate that does not wait for answers: what one instance holds, and what becomes of it beyond that. */
export const load: Benchmark = {
  usage: "[--seconds 30] [--step 50] [--hold 60]",
  run: async (args) => {
    const options = {
      seconds: { type: "string", default: "30" },
      step: { type: "string", default: "50" },
      hold: { type: "string", default: "60" },
    } as const;
    const { values } = parseArgs({ args: [...args], options });
    const stage = await startStage("demo-bench-load");
    try {
      return await measure(stage, {
        seconds: parseCount("seconds", values.seconds),
        step: parseCount("step", values.step),
        hold: parseCount("hold", values.hold),
      });
    } finally {
      await stage.close();
    }
  },
};

interface Plan {
  /** How long each rate is tried. */
  readonly seconds: number;
  /** By how many calls a second the next rate is higher. */
  readonly step: number;
  /** How long the highest rate that is held is kept up. */
  readonly hold: number;
}

/** One rate, and how it went. */
interface Trial {
  readonly what: string;
  readonly perSecond: number;
  readonly calls: number;
  readonly p50: number;
  readonly p99: number;
  /** The median of the last quarter beside that of the first: where calls queue up it grows. */
  readonly growth: number;
  readonly statuses: PostedSteadily["statuses"];
  /** Calls that were answered 200 and are not on record. */
  readonly lost: number;
}

/** What p99 may be of the median at the highest rate that is held. */
const mostSpread = 3;

async function measure(stage: Stage, { seconds, step, hold }: Plan): Promise<Report> {
  const tryRate = createTrials(stage);
  await tryRate("warming up", step, 10);
  const trials: Trial[] = [];
  let held = 0;
  for (let rate = step; held === rate - step; rate += step) {
    const trial = await tryRate("rising", rate, seconds);
    trials.push(trial);
    if (isHeld(trial)) held = rate;
  }
  const kept = held > 0 ? await tryRate("held", held, hold) : undefined;
  if (kept !== undefined) trials.push(kept);
  trials.push(await tryRate("three times too many", 3 * (held + step), seconds));
  trials.push(await tryRate("afterwards", Math.max(held, step), seconds));
  return describe(trials, kept);
}

/** A rate is held while every call is taken and the last ones wait no longer than the first. */
function isHeld({ statuses, calls, growth }: Trial): boolean {
  return statuses["200"] === calls && growth <= 2;
}

function measureGrowth(latencies: readonly number[]): number {
  const quarter = Math.ceil(latencies.length / 4);
  return median(latencies.slice(-quarter)) / median(latencies.slice(0, quarter));
}

/** Tries rates one after the other on the same instance. */
function createTrials({ pbx, db }: Stage) {
  const calls = db.collection("calls").where("status", "==", "notified").count();
  let placed = 0;
  let recorded = 0;
  return async (what: string, perSecond: number, seconds: number): Promise<Trial> => {
    process.stderr.write(`… ${what}: ${perSecond} calls a second for ${seconds} s\n`);
    const work = { path: "/calls", exten } as const;
    const input: PostSteadilyInput = { url: pbx.url, key, work, from: placed, perSecond, seconds };
    const { statuses, latencies } = await runChild<PostedSteadily>(new URL("post-steadily.ts", import.meta.url), input);
    placed += perSecond * seconds;
    const before = recorded;
    recorded = (await calls.get()).data().count;
    return {
      what,
      perSecond,
      calls: perSecond * seconds,
      p50: percentile(latencies, 50),
      p99: percentile(latencies, 99),
      growth: measureGrowth(latencies),
      statuses,
      lost: Math.max(0, (statuses["200"] ?? 0) - (recorded - before)),
    };
  };
}

function describe(trials: readonly Trial[], kept: Trial | undefined): Report {
  return {
    title: "POST /calls to one instance of pbx, at a constant rate: latencies from when each was due",
    columns: ["", "calls a second", "p50 ms", "p99 ms", "p99 ÷ p50", "answers", "200 and not recorded", ""],
    rows: trials.map((trial) => [
      trial.what,
      String(trial.perSecond),
      trial.p50,
      trial.p99,
      trial.p99 / trial.p50,
      Object.entries(trial.statuses)
        .map(([status, count]) => `${count} × ${status}`)
        .join(", "),
      String(trial.lost),
      trial === kept ? `p99 ≤ ${mostSpread} × p50: ${trial.p99 <= mostSpread * trial.p50 ? "met" : "MISSED"}` : "",
    ]),
    result: { trials },
  };
}
