import { parseArgs } from "node:util";
import { formatPromise } from "../bar.ts";
import { parseCount, type Benchmark } from "../benchmark.ts";
import type { Report } from "../report.ts";
import { compareCalls } from "./calls-during-sweep.ts";
import { compareFanOut } from "./fan-out.ts";
import {
  describeCalls,
  describeLatentFanOut,
  describeLimit,
  describeMillion,
  describePlainFanOut,
  type Line,
} from "./lines.ts";
import { measureLimit } from "./limit.ts";
import { sweepAMillion } from "./sweep-a-million.ts";

/** Cost of mass pushes compared with firebase-admin, and their effect on calls. */
export const bulk: Benchmark = {
  usage: "[--rounds 5] [--devices 1000000] [--sweep 100000]",
  short: ["--rounds", "3", "--devices", "100000", "--sweep", "20000"],
  run: async (args) => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        rounds: { type: "string", default: "5" },
        devices: { type: "string", default: "1000000" },
        sweep: { type: "string", default: "100000" },
      },
    });
    const rounds = parseCount("rounds", values.rounds);
    const devices = parseCount("devices", values.devices);
    const sweep = parseCount("sweep", values.sweep);
    return measure(rounds, devices, sweep);
  },
};

async function measure(rounds: number, devices: number, sweep: number): Promise<Report> {
  printProgress(`sending without delay, ${rounds} rounds`);
  const plain = await compareFanOut({
    delayMs: 0,
    call: "sendEach",
    rounds,
    messages: { ours: 100_000, peer: 100_000 },
  });
  const limit = await measureLimit(200_000);
  printProgress(`sending at 100 ms an answer, ${rounds} rounds`);
  const latent = await compareFanOut({
    delayMs: 100,
    call: "sendEachForMulticast",
    rounds,
    messages: { ours: 100_000, peer: 5_000 },
  });
  printProgress(`one worker sweeps ${devices.toLocaleString("en")} devices`);
  const million = await sweepAMillion(devices);
  printProgress(`calls while ${sweep.toLocaleString("en")} devices are swept`);
  const calls = await compareCalls(sweep);
  const lines: readonly Line[] = [
    describePlainFanOut(plain),
    ...describeLimit(plain, limit),
    ...describeLatentFanOut(latent),
    ...describeMillion(million),
    ...describeCalls(calls),
  ];
  return {
    title: "Mass pushes: medians of the rounds, with the smallest and the largest in brackets",
    columns: ["what", "pbx-push", "compared with", "ratio", ""],
    rows: lines.map(({ what, ours, peer, ratio, bar }) => [what, ours, peer, ratio, bar ? formatPromise(bar) : ""]),
    bars: lines.flatMap(({ bar }) => bar ?? []),
    result: { plain, limit, latent, million, calls },
  };
}

function printProgress(doing: string): void {
  process.stderr.write(`… ${doing}\n`);
}
