import { readdir, readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { Bar } from "../bar.ts";
import { parseCount, type Benchmark } from "../benchmark.ts";
import { exten, key } from "../callee.ts";
import { runChild } from "../children/child.ts";
import type { Report } from "../report.ts";
import type { Work } from "../requests/post.ts";
import { startStage, type Stage } from "../stage.ts";
import { median } from "../statistics.ts";
import type { PostedSteadily, PostSteadilyInput } from "./post-steadily.ts";

/** A long mixed load: whether an instance leaks memory or handles. Linux only. */
export const soak: Benchmark = {
  usage: "[--minutes 30] [--rate 60]",
  short: ["--minutes", "1"],
  run: async (args) => {
    const options = { minutes: { type: "string", default: "30" }, rate: { type: "string", default: "60" } } as const;
    const { values } = parseArgs({ args: [...args], options });
    const minutes = parseCount("minutes", values.minutes);
    const rate = parseCount("rate", values.rate);
    const stage = await startStage("demo-bench-soak");
    try {
      return describe(rate, await measure(stage, minutes, rate));
    } finally {
      await stage.close();
    }
  },
};

/** An instance after a minute of the load. */
interface Sample {
  readonly memoryMiB: number;
  /** Open files, sockets among them. */
  readonly handles: number;
  readonly requests: number;
  readonly refused: number;
}

async function measure(stage: Stage, minutes: number, rate: number): Promise<readonly Sample[]> {
  const { pbx, token } = stage;
  const mix: readonly Work[] = [
    { path: "/calls", exten },
    // A listener holds these, because no phone reports. With a longer wait, they would fill the instance's in-flight limit.
    { path: "/calls", exten, waitSeconds: 1 },
    { path: "/send", token },
  ];
  const samples: Sample[] = [];
  let from = 0;
  for (let minute = 1; minute <= minutes; minute += 1) {
    process.stderr.write(`… minute ${minute} of ${minutes}\n`);
    let refused = 0;
    for (const work of mix) {
      const input: PostSteadilyInput = { url: pbx.url, key, work, from, perSecond: rate, seconds: 60 / mix.length };
      const posted = await runChild<PostedSteadily>(new URL("post-steadily.ts", import.meta.url), input);
      from += (rate * 60) / mix.length;
      refused += (rate * 60) / mix.length - (posted.statuses["200"] ?? 0);
    }
    samples.push({ ...(await inspect(pbx.pid)), requests: rate * 60, refused });
  }
  return samples;
}

// https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
async function inspect(pid: number): Promise<Pick<Sample, "memoryMiB" | "handles">> {
  const [status, files] = await Promise.all([readFile(`/proc/${pid}/status`, "utf8"), readdir(`/proc/${pid}/fd`)]);
  const kib = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
  return { memoryMiB: kib / 1024, handles: files.length };
}

function describe(rate: number, samples: readonly Sample[]): Report {
  const third = Math.max(1, Math.floor(samples.length / 3));
  const parts = [
    ["first", samples.slice(0, third)],
    ["second", samples.slice(third, -third)],
    ["last", samples.slice(-third)],
  ] as const;
  const growth = (what: keyof Sample) => {
    const values = samples.map((sample) => sample[what]);
    return median(values.slice(-third)) / median(values.slice(0, third));
  };
  // In a short run, the heap is still filling.
  const isLong = samples.length >= 9;
  const flat: Bar[] = [
    { what: "memory of the last third of a soak ÷ the first", value: growth("memoryMiB"), promise: { most: 1.1 } },
    { what: "open handles of the last third ÷ the first", value: growth("handles"), promise: { most: 1.2 } },
  ];
  return {
    title: `${samples.length} minutes of calls, held calls and pushes in turns, ${rate} a second: medians of each third`,
    columns: ["third", "memory MiB", "open handles", "requests", "not answered 200"],
    rows: parts
      .filter(([, part]) => part.length > 0)
      .map(([name, part]) => [
        name,
        median(part.map(({ memoryMiB }) => memoryMiB)),
        median(part.map(({ handles }) => handles)),
        sum(part.map(({ requests }) => requests)),
        sum(part.map(({ refused }) => refused)),
      ]),
    bars: [
      {
        what: "requests of a soak not answered 200",
        value: sum(samples.map(({ refused }) => refused)),
        promise: { most: 0 },
        alarm: 0,
      },
      ...(isLong ? flat : []),
    ],
    result: { samples },
  };
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
