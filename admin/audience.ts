import type { Drift } from "../functions/src/devices/audience/audience-drift.ts";
import { checkAudience, type AudienceReport } from "../functions/src/devices/audience/check-audience.ts";
import { rebuildAudience } from "../functions/src/devices/audience/rebuild-audience.ts";
import type { Services } from "../functions/src/services.ts";
import { parseAudienceArguments, usage } from "./audience-arguments.ts";
import { runCommand } from "./command.ts";
import { connect } from "./connect.ts";
import { createProgressBar } from "./progress-bar.ts";

/** A terminal shows no more; the counts tell the rest. */
const listedDrift = 50;

await runCommand(main);

async function main(): Promise<number> {
  const given = parseAudienceArguments(process.argv.slice(2));
  if (given.command === "help") {
    process.stdout.write(usage);
    return 0;
  }
  const { command, projectId, shards, mend } = given;
  const { services, close } = await connect(projectId);
  try {
    return command === "check" ? await check(services, shards, mend) : await rebuild(services, shards);
  } finally {
    await close();
  }
}

async function check(services: Services, shards: number, mend: boolean): Promise<number> {
  const progress = createProgressBar(process.stdout, "documents compared");
  const drift: Drift[] = [];
  const report = await checkAudience(services, {
    mend,
    shards,
    onDrift: (one) => drift.length < listedDrift && drift.push(one),
    onProgress: ({ done, total }) => progress(done, total),
  });
  for (const { kind, deviceId, shard } of drift) process.stdout.write(`  ${kind}  ${deviceId} in audience/${shard}\n`);
  const count = printReport(report);
  if (count === 0) process.stdout.write("Nothing is wrong.\n");
  else process.stdout.write(mend ? `Mended ${count}.\n` : `${count} wrong; --mend puts it right.\n`);
  return count === 0 || mend ? 0 : 1;
}

async function rebuild(services: Services, shards: number): Promise<number> {
  const progress = createProgressBar(process.stdout, "documents repacked");
  const report = await rebuildAudience(services, { shards, onProgress: ({ done, total }) => progress(done, total) });
  printReport(report);
  process.stdout.write(`Moved ${report.moved} devices.\n`);
  if (report.isComplete) return 0;
  const { outside } = report;
  process.stderr.write(
    outside > 0
      ? `${outside} entries are in documents that are no longer used: deploy AUDIENCE_SHARDS=${shards} and rebuild again\n`
      : "There are not as many entries as devices: run check\n",
  );
  return 1;
}

/** Prints the counts and returns how much was wrong. */
function printReport({ devices, entries, documents, drift }: AudienceReport): number {
  process.stdout.write(`${devices} devices, ${entries} entries in ${documents} documents.\n`);
  const kinds = Object.entries(drift);
  for (const [kind, count] of kinds) process.stdout.write(`  ${kind.padEnd(22)}${count}\n`);
  return kinds.reduce((sum, [, count]) => sum + count, 0);
}
