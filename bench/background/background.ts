import { parseArgs } from "node:util";
import { startDemoPhone } from "../../local/stack/demo-phone.ts";
import { startStack, type Stack } from "../../local/stack/stack.ts";
import { parseCount, type Benchmark } from "../benchmark.ts";
import type { Report } from "../report.ts";
import { median, percentile } from "../statistics.ts";
import { measureCall, type Legs } from "./measure-call.ts";

/** Time from the PBX's request until a phone in the background is ready, on the whole local stack. */
export const background: Benchmark = {
  usage: "[--calls 20]",
  short: "it has no promise, and npm run test:stack covers the same path",
  run: async (args) => {
    const { values } = parseArgs({ args: [...args], options: { calls: { type: "string", default: "20" } } });
    const calls = parseCount("calls", values.calls);
    const stack = await startStack({ onProgress: printProgress });
    try {
      printProgress(`a warm-up call, then ${calls} calls`);
      return describeLegs(await Promise.race([measureCalls(stack, calls), stack.crashed]));
    } finally {
      await stack.stop();
    }
  },
};

function printProgress(doing: string): void {
  process.stderr.write(`… ${doing}\n`);
}

async function measureCalls({ fcm, demoToken }: Stack, calls: number): Promise<Legs[]> {
  const phone = await startDemoPhone(fcm, demoToken);
  try {
    const measured: Legs[] = [];
    for (let nth = 0; nth <= calls; nth += 1) measured.push(await measureCall(phone, nth));
    return measured.slice(1);
  } finally {
    phone.close();
  }
}

const legs: readonly { readonly name: keyof Legs; readonly what: string }[] = [
  { name: "pushMs", what: "POST /calls → push on the phone" },
  { name: "connectMs", what: "push → settings loaded, WebSocket connected" },
  { name: "readyMs", what: "connected → the PBX reads READY" },
  { name: "totalMs", what: "POST /calls → the PBX reads READY" },
];

function describeLegs(calls: readonly Legs[]): Report {
  const summaries = legs.map(({ name, what }) => {
    const samples = calls.map((call) => call[name]);
    return { name, what, median: median(samples), p95: percentile(samples, 95) };
  });
  return {
    title: `Waking a phone in the background: ${calls.length} calls, one after the other, after a warm-up call`,
    columns: ["leg", "median ms", "p95 ms"],
    rows: summaries.map((leg) => [leg.what, leg.median, leg.p95]),
    bars: [],
    result: { legs: Object.fromEntries(summaries.map(({ name, ...leg }) => [name, leg])), calls },
  };
}
