import type { Benchmark } from "./benchmark.ts";
import { formatReport, saveReport } from "./report.ts";

/** Every benchmark by its name, loaded when it is asked for: what others need must not weigh on what is measured. */
const benchmarks: Readonly<Record<string, () => Promise<Benchmark>>> = {
  bulk: async () => (await import("./bulk/bulk.ts")).bulk,
  requests: async () => (await import("./requests/requests.ts")).requests,
  "cold-start": async () => (await import("./cold-start/cold-start.ts")).coldStart,
  soak: async () => (await import("./load/soak.ts")).soak,
  load: async () => (await import("./load/load.ts")).load,
  background: async () => (await import("./background/background.ts")).background,
};

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}

async function main([name = "", ...args]: readonly string[]): Promise<void> {
  const load = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
  if (load === undefined) {
    process.stderr.write(await describeUsage());
    process.exitCode = 1;
    return;
  }
  const report = await (await load()).run(args);
  process.stdout.write(formatReport(report));
  process.stdout.write(`\nEvery sample: ${await saveReport(name, report)}\n`);
}

async function describeUsage(): Promise<string> {
  const lines = Object.entries(benchmarks).map(
    async ([name, load]) => `  npm run bench -- ${name} ${(await load()).usage}\n`,
  );
  return `Usage:\n${(await Promise.all(lines)).join("")}`;
}
