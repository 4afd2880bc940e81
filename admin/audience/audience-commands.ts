import type { Command } from "commander";
import type { Drift } from "../../functions/src/devices/audience/audience-drift.ts";
import { checkAudience, type AudienceReport } from "../../functions/src/devices/audience/check-audience.ts";
import { rebuildAudience } from "../../functions/src/devices/audience/rebuild-audience.ts";
import { wholeNumber } from "../command/arguments.ts";
import type { Desk } from "../command/desk.ts";
import { WrongUsage } from "../command/errors.ts";
import { print, withServices, type Common } from "../command/operation.ts";
import { createProgressBar } from "../command/progress-bar.ts";
import { chooseProject } from "../project/project.ts";
import { readSettings } from "../project/settings.ts";

/** A terminal shows no more; the counts tell the rest. */
const listedDrift = 50;

const shardsOption = "--shards <n>";
const parseShards = wholeNumber("--shards", 10_000);

/** `audience check`, `audience rebuild`: the documents that devices are packed into for campaigns. */
export function addAudienceCommands(program: Command, desk: Desk): void {
  const audience = program.command("audience").description("the documents that campaigns read devices from");
  audience
    .command("check")
    .description("compare all devices with the audience; exits with 1 when something is wrong and was not mended")
    .option("--mend", "put right what is wrong")
    .option(shardsOption, "how many documents; AUDIENCE_SHARDS of the shell or of functions/.env.<id>", parseShards)
    .action(async (options: CheckOptions) => check(desk, options));
  audience
    .command("rebuild")
    .description("pack all devices into so many documents")
    .option(shardsOption, "how many documents", parseShards)
    .addHelpText("after", rebuildHelp)
    .action(async (options: RebuildOptions) => rebuild(desk, options));
}

const rebuildHelp = `
Phones may register meanwhile, and it can be stopped and started again.
More documents: deploy AUDIENCE_SHARDS=<n> first, then rebuild.
Fewer: rebuild, deploy, and rebuild once more for those that have registered in between.
A device that moves while a campaign is being sent may get it twice or not at all: choose a quiet time.
`;

interface RebuildOptions extends Common {
  readonly shards?: number;
}

interface CheckOptions extends RebuildOptions {
  readonly mend?: boolean;
}

async function check(desk: Desk, options: CheckOptions): Promise<void> {
  const project = await chooseProject(options.project);
  const shards = options.shards ?? findDeployedShards(project);
  const mend = options.mend === true;
  await withServices(desk, { project }, async (services) => {
    const progress = createProgressBar(desk.err, "documents compared");
    const found: Drift[] = [];
    const report = await checkAudience(services, {
      mend,
      shards,
      onDrift: (one) => found.length < listedDrift && found.push(one),
      onProgress: ({ done, total }) => progress(done, total),
    });
    const count = countDrift(report);
    if (count > 0 && !mend) desk.exitCode = 1;
    const text = [
      ...found.map(({ kind, deviceId, shard }) => `  ${kind}  ${deviceId} in audience/${shard}\n`),
      describeReport(report),
      count === 0 ? "Nothing is wrong.\n" : mend ? `Mended ${count}.\n` : `${count} wrong; --mend puts it right.\n`,
    ];
    print(desk, options, { ...report, found, mended: mend ? count : 0 }, text.join(""));
  });
}

/** Throws {@link WrongUsage} when the deployment does not say: a guess would look for devices where no campaign does. */
function findDeployedShards(projectId: string): number {
  const deployed = readSettings(projectId)["AUDIENCE_SHARDS"];
  if (deployed !== undefined) return parseShards(deployed);
  throw new WrongUsage(`Missing ${shardsOption}: functions/.env.${projectId} has no AUDIENCE_SHARDS`);
}

async function rebuild(desk: Desk, options: RebuildOptions): Promise<void> {
  const { shards } = options;
  if (shards === undefined) throw new WrongUsage(`Missing ${shardsOption}`);
  await withServices(desk, options, async (services) => {
    const progress = createProgressBar(desk.err, "documents repacked");
    const report = await rebuildAudience(services, { shards, onProgress: ({ done, total }) => progress(done, total) });
    print(desk, options, report, `${describeReport(report)}Moved ${report.moved} devices.\n`);
    if (report.isComplete) return;
    desk.exitCode = 1;
    desk.err.write(
      report.outside > 0
        ? `${report.outside} entries are in documents that are no longer used: deploy AUDIENCE_SHARDS=${shards} and rebuild again\n`
        : "There are not as many entries as devices: run check\n",
    );
  });
}

function describeReport({ devices, entries, documents, drift }: AudienceReport): string {
  const kinds = Object.entries(drift).map(([kind, count]) => `  ${kind.padEnd(22)}${count}\n`);
  return `${devices} devices, ${entries} entries in ${documents} documents.\n${kinds.join("")}`;
}

function countDrift({ drift }: AudienceReport): number {
  return Object.values(drift).reduce((sum, count) => sum + count, 0);
}
