import type { Command } from "commander";
import type { Drift } from "../../functions/src/devices/audience/audience-drift.ts";
import { checkAudience, type AudienceReport } from "../../functions/src/devices/audience/check-audience.ts";
import { rebuildAudience } from "../../functions/src/devices/audience/rebuild-audience.ts";
import type { Services } from "../../functions/src/services.ts";
import { wholeNumber } from "../command/arguments.ts";
import type { CommandContext } from "../command/context.ts";
import { WrongUsage } from "../command/errors.ts";
import { print, withChange, withServices, type Common } from "../command/operation.ts";
import { createProgressBar } from "../command/progress-bar.ts";
import { chooseProject } from "../project/project.ts";
import { readSettings } from "../project/settings.ts";

/** How many differences are listed; the rest is only counted. */
const listedDrift = 50;

const shardsOption = "--shards <n>";
const parseShards = wholeNumber("--shards", 10_000);

/** `audience check`, `audience rebuild`: the documents that devices are packed into for campaigns. */
export function addAudienceCommands(program: Command, context: CommandContext): void {
  const audience = program.command("audience").description("the documents that campaigns read devices from");
  audience
    .command("check")
    .description("compare all devices with the audience; exits with 1 if a difference is left unrepaired")
    .option("--mend", "repair the differences")
    .option(
      shardsOption,
      "number of audience documents; default: AUDIENCE_SHARDS from the shell or functions/.env.<id>",
      parseShards,
    )
    .action(async (options: CheckOptions) => check(context, options));
  audience
    .command("rebuild")
    .description("pack all devices into <n> documents")
    .requiredOption(shardsOption, "number of audience documents", parseShards)
    .addHelpText("after", rebuildHelp)
    .action(async (options: RebuildOptions) => rebuild(context, options));
}

const rebuildHelp = `
Phones can register while it runs. You can stop it and start it again.
More documents: deploy AUDIENCE_SHARDS=<n> first, then rebuild.
Fewer documents: rebuild, deploy, then rebuild again for devices that registered in between.
A device that moves during a campaign may get the push twice or not at all: run this when no campaign runs.
`;

interface RebuildOptions extends Common {
  readonly shards: number;
}

interface CheckOptions extends Common {
  readonly shards?: number;
  readonly mend?: boolean;
}

async function check(context: CommandContext, options: CheckOptions): Promise<void> {
  const project = await chooseProject(options.project);
  const shards = options.shards ?? findDeployedShards(project);
  const mend = options.mend === true;
  const compare = async (services: Services) => {
    const progress = createProgressBar(context.err, "documents compared");
    const found: Drift[] = [];
    const report = await checkAudience(services, {
      mend,
      shards,
      onDrift: (one) => found.length < listedDrift && found.push(one),
      onProgress: ({ done, total }) => progress(done, total),
    });
    const count = countDrift(report);
    if (count > 0 && !mend) context.exitCode = 1;
    const text = [
      ...found.map(
        ({ kind, id, uid, deviceId, shard }) =>
          `  ${kind}  ${id}${deviceId === undefined ? "" : ` (${deviceId} of ${uid})`} in audience/${shard}\n`,
      ),
      describeReport(report),
      count === 0
        ? "No differences.\n"
        : mend
          ? `Repaired: ${count}.\n`
          : `Differences: ${count}; --mend repairs them.\n`,
    ];
    print(context, options, { ...report, found, mended: mend ? count : 0 }, text.join(""));
  };
  if (!mend) return withServices(context, { project }, compare);
  return withChange(context, { project }, { what: "audience check --mend", subject: {} }, compare);
}

/** Throws {@link WrongUsage} if the setting is missing: a guessed number would check documents that no campaign reads. */
function findDeployedShards(projectId: string): number {
  const deployed = readSettings(projectId)["AUDIENCE_SHARDS"];
  if (deployed !== undefined) return parseShards(deployed);
  throw new WrongUsage(`Missing ${shardsOption}: functions/.env.${projectId} has no AUDIENCE_SHARDS`);
}

async function rebuild(context: CommandContext, options: RebuildOptions): Promise<void> {
  const { shards } = options;
  const change = { what: "audience rebuild", subject: { shards: String(shards) } };
  await withChange(context, options, change, async (services) => {
    const progress = createProgressBar(context.err, "documents repacked");
    const report = await rebuildAudience(services, { shards, onProgress: ({ done, total }) => progress(done, total) });
    print(context, options, report, `${describeReport(report)}Moved ${report.moved} devices.\n`);
    if (report.isComplete) return;
    context.exitCode = 1;
    context.err.write(
      report.outside > 0
        ? `${report.outside} entries are in documents that are no longer used: deploy AUDIENCE_SHARDS=${shards} and rebuild again\n`
        : "The numbers of entries and devices differ: run audience check\n",
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
