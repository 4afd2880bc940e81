import { parseArgs } from "node:util";
import { formatPromise, type Bar } from "../bar.ts";
import { parseCount, type Benchmark } from "../benchmark.ts";
import { exten, key } from "../callee.ts";
import { runChild } from "../children/child.ts";
import type { Report } from "../report.ts";
import { startStage, type Stage } from "../stage.ts";
import { percentile } from "../statistics.ts";
import type { PostedSteadily, PostSteadilyInput } from "./post-steadily.ts";

/** Calls at a fixed rate, without waiting for answers: the highest rate that one instance sustains, and what happens above it. */
export const load: Benchmark = {
  usage: "[--seconds 30] [--step 50] [--hold 600] [--fcm-ms 100]",
  short: ["--seconds", "5", "--step", "100", "--hold", "10"],
  run: async (args) => {
    const options = {
      seconds: { type: "string", default: "30" },
      step: { type: "string", default: "50" },
      hold: { type: "string", default: "600" },
      "fcm-ms": { type: "string", default: "100" },
    } as const;
    const { values } = parseArgs({ args: [...args], options });
    const stage = await startStage("demo-bench-load", { fcmMs: parseCount("fcm-ms", values["fcm-ms"]) });
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
  /** Duration of the trial of each rate. */
  readonly seconds: number;
  /** Difference between two rates, in calls per second. */
  readonly step: number;
  /** Duration of the trial of the highest sustained rate. */
  readonly hold: number;
}

/** Result of one rate. */
interface Trial {
  readonly what: string;
  readonly perSecond: number;
  readonly calls: number;
  readonly p50: number;
  readonly p99: number;
  readonly statuses: PostedSteadily["statuses"];
  /** Calls that were answered 200 but not recorded. */
  readonly lost: number;
}

/** Maximum of p99 ÷ p50 at a sustained rate. */
const maxSpread = 3;

async function measure(stage: Stage, { seconds, step, hold }: Plan): Promise<Report> {
  const tryRate = createTrials(stage);
  await tryRate("warming up", step, 10);
  const trials: Trial[] = [];
  let held = 0;
  for (let rate = step; held === rate - step; rate += step) {
    const trial = await tryRate("rising", rate, seconds);
    trials.push(trial);
    if (isSustained(trial)) held = rate;
  }
  const rate = Math.max(held, step);
  const kept = await tryRate("the highest sustained", rate, hold);
  const over = await tryRate("three times that", 3 * rate, seconds);
  const after = await tryRate("afterwards", rate, seconds);
  return describe([...trials, kept, over, after], { kept, over, after });
}

/** A rate is sustained if every call is answered 200 and p99 stays near the median. */
function isSustained({ statuses, calls, p50, p99 }: Trial): boolean {
  return statuses["200"] === calls && p99 <= maxSpread * p50;
}

/** Tries rates one after the other on the same instance. */
function createTrials({ pbx, db }: Stage) {
  const rings = db.collection("rings").where("status", "==", "notified").count();
  let placed = 0;
  let recorded = 0;
  return async (what: string, perSecond: number, seconds: number): Promise<Trial> => {
    process.stderr.write(`… ${what}: ${perSecond} calls a second for ${seconds} s\n`);
    const work = { path: "/calls", exten } as const;
    const input: PostSteadilyInput = { url: pbx.url, key, work, from: placed, perSecond, seconds };
    const { statuses, latencies } = await runChild<PostedSteadily>(new URL("post-steadily.ts", import.meta.url), input);
    placed += perSecond * seconds;
    const before = recorded;
    recorded = (await rings.get()).data().count;
    return {
      what,
      perSecond,
      calls: perSecond * seconds,
      p50: percentile(latencies, 50),
      p99: percentile(latencies, 99),
      statuses,
      lost: Math.max(0, (statuses["200"] ?? 0) - (recorded - before)),
    };
  };
}

interface Stages {
  readonly kept: Trial;
  readonly over: Trial;
  readonly after: Trial;
}

function describe(trials: readonly Trial[], { kept, over, after }: Stages): Report {
  const ok = ({ statuses }: Trial) => statuses["200"] ?? 0;
  const spread: Bar = {
    what: "p99 ÷ p50 at the highest sustained rate",
    value: kept.p99 / kept.p50,
    promise: { most: maxSpread },
  };
  const bars: Bar[] = [
    spread,
    {
      what: "calls answered 200 but not recorded",
      value: trials.reduce((sum, { lost }) => sum + lost, 0),
      promise: { most: 0 },
      alarm: 0,
    },
    {
      what: "calls above the sustained rate answered neither 200 nor 503",
      value: over.calls - ok(over) - (over.statuses["503"] ?? 0),
      promise: { most: 0 },
      alarm: 0,
    },
    { what: "calls not answered 200 afterwards", value: after.calls - ok(after), promise: { most: 0 } },
  ];
  return {
    title: "POST /calls to one instance of pbx, at a constant rate: latencies of the 200s from when each was due",
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
      trial === kept ? formatPromise(spread) : "",
    ]),
    bars,
    result: { trials },
  };
}
