import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isAlarming, formatPromise, formatMargin, type Bar } from "./bar.ts";
import type { Benchmark } from "./benchmark.ts";
import { formatReport, readBars, saveReport } from "./report.ts";
import { formatNumber } from "./statistics.ts";

/** Benchmarks by name, loaded on demand. */
const benchmarks: Readonly<Record<string, () => Promise<Benchmark>>> = {
  bulk: async () => (await import("./bulk/bulk.ts")).bulk,
  requests: async () => (await import("./requests/requests.ts")).requests,
  profile: async () => (await import("./profile/profile.ts")).profile,
  "cold-start": async () => (await import("./cold-start/cold-start.ts")).coldStart,
  soak: async () => (await import("./load/soak.ts")).soak,
  load: async () => (await import("./load/load.ts")).load,
  crowd: async () => (await import("./crowd/crowd.ts")).crowd,
  background: async () => (await import("./background/background.ts")).background,
};

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}

async function main([name = "", ...args]: readonly string[]): Promise<void> {
  if (name === "all") return runAll(args);
  const load = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
  if (load === undefined) {
    process.stderr.write(await describeUsage());
    process.exitCode = 1;
    return;
  }
  await run(name, await load(), args);
}

/**
 * Runs every benchmark, each in a process of its own: the modules of one must not affect another. A short run exits with
 * 1 on a regression; it does not judge times.
 */
async function runAll(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { short: { type: "boolean", default: false } } });
  const bars: Bar[] = [];
  for (const [name, load] of Object.entries(benchmarks)) {
    const benchmark = await load();
    process.stdout.write(`\n== ${name}\n`);
    if (!values.short) bars.push(...(await runAlone(name, [])));
    else if (typeof benchmark.short === "string") process.stdout.write(`Not run: ${benchmark.short}\n`);
    else bars.push(...(await runAlone(name, benchmark.short)));
  }
  process.stdout.write(formatBars(bars, values.short));
  if (values.short && bars.some(isAlarming)) process.exitCode = 1;
}

async function runAlone(name: string, args: readonly string[]): Promise<readonly Bar[]> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), name, ...args], { stdio: "inherit" });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`The benchmark ${name} failed`);
  return readBars(name);
}

async function run(name: string, benchmark: Benchmark, args: readonly string[]): Promise<void> {
  const report = await benchmark.run(args);
  process.stdout.write(formatReport(report));
  process.stdout.write(`\nEvery sample: ${await saveReport(name, report)}\n`);
}

function formatBars(bars: readonly Bar[], isShort: boolean): string {
  const columns = ["what was promised", "measured", "promise", "margin", ...(isShort ? ["fails beyond", ""] : [])];
  const rows = bars.map((bar) => [
    bar.what,
    formatNumber(bar.value, 2),
    formatPromise(bar),
    formatMargin(bar),
    ...(isShort ? [bar.alarm === undefined ? "" : formatNumber(bar.alarm, 2), isAlarming(bar) ? "WORSE" : ""] : []),
  ]);
  return formatReport({ title: "Promises", columns, rows });
}

async function describeUsage(): Promise<string> {
  const lines = Object.entries(benchmarks).map(
    async ([name, load]) => `  npm run bench -- ${name} ${(await load()).usage}\n`,
  );
  return `Usage:\n  npm run bench -- all [--short]\n${(await Promise.all(lines)).join("")}`;
}
