import { Argument, type Command } from "commander";
import { campaigns, switchCampaign, type Campaign } from "../../functions/src/campaigns/campaign.ts";
import { listRuns, watchRun, type RunDocument } from "../../functions/src/campaigns/run.ts";
import { startRun } from "../../functions/src/campaigns/start-run.ts";
import { readDeployment } from "../../functions/src/config.ts";
import type { Services } from "../../functions/src/services.ts";
import { wholeNumber } from "../command/arguments.ts";
import type { CommandContext } from "../command/context.ts";
import { Failure } from "../command/errors.ts";
import { print, printProgress, withChange, withServices, type Common } from "../command/operation.ts";
import { createProgressBar } from "../command/progress-bar.ts";
import { csvOption, printList, type ListOptions } from "../command/print-list.ts";
import { readSettings } from "../project/settings.ts";

/** `campaign run`, `campaign disable`, `campaign enable`, `campaign status`: planned pushes to every device. */
export function addCampaignCommands(program: Command, context: CommandContext): void {
  const campaign = program.command("campaign").description("planned pushes to every device");
  const ids = new Argument("<campaign>", "id of a campaign").choices(campaigns.map(({ id }) => id));
  campaign
    .command("run")
    .description("start a run now and show its progress; Ctrl-C stops only the display")
    .addArgument(ids)
    .action(async (id: string, options: Common) => runCampaign(context, getCampaign(id), options));
  for (const [verb, on] of [
    ["disable", false],
    ["enable", true],
  ] as const) {
    campaign
      .command(verb)
      .description(`switch a campaign ${on ? "on" : "off"}, also before the first deployment; a started run continues`)
      .addArgument(ids)
      .action(async (id: string, options: Common) => setEnabled(context, getCampaign(id), on, options));
  }
  campaign
    .command("status")
    .description("list the last runs, newest first")
    .option("--limit <n>", "maximum number of runs", wholeNumber("--limit", 1000), 10)
    .addOption(csvOption())
    .action(async (options: StatusOptions) => showRuns(context, options));
}

interface StatusOptions extends ListOptions {
  readonly limit: number;
}

/** The campaign with that id; commander has checked that it exists. */
function getCampaign(id: string): Campaign {
  const campaign = campaigns.find((one) => one.id === id);
  if (campaign === undefined) throw new Error(`There is no campaign ${id}`);
  return campaign;
}

async function runCampaign(context: CommandContext, campaign: Campaign, options: Common): Promise<void> {
  const change = { what: "campaign run", subject: { campaign: campaign.id } };
  await withChange(context, options, change, async (services) => {
    context.err.write("Queueing the shards …\n");
    const runId = await startRun(services, { campaign, scheduledAt: services.clock.now() });
    if (runId === undefined) {
      throw new Failure(
        `${campaign.id} is off`,
        `npm run ops -- campaign enable ${campaign.id}, or correct campaigns/${campaign.id} in Firestore`,
      );
    }
    printProgress(context, options, `${runId}\n`);
    const run = await waitForRun(context, services, runId);
    if (run.counts.failed > 0) context.exitCode = 1;
    const results = outcomes.map((outcome) => `${run.counts[outcome]} ${outcome}`);
    // Firestore does not keep the order of a map's fields.
    const why = Object.entries(run.errors).map(([code, count]) => `${code} ×${count}`);
    print(context, options, describe(runId, run), `${[...results, ...why.toSorted()].join(", ")}\n`);
  });
}

async function waitForRun({ err }: CommandContext, { db }: Services, runId: string): Promise<RunDocument> {
  const progress = createProgressBar(err, "shards sent");
  const done = Promise.withResolvers<RunDocument>();
  const stop = watchRun(db, runId, (current) => {
    progress(current.shardsDone, current.shards);
    if (current.state === "done") done.resolve(current);
  });
  try {
    return await done.promise;
  } finally {
    stop();
  }
}

async function setEnabled(context: CommandContext, campaign: Campaign, on: boolean, options: Common): Promise<void> {
  const change = { what: `campaign ${on ? "enable" : "disable"}`, subject: { campaign: campaign.id } };
  await withChange(context, options, change, async ({ db, config }) => {
    await switchCampaign(db, campaign, on);
    const { id } = campaign;
    const { timeZone, [`${id}Schedule` as const]: schedule } = readDeployment(readSettings(config.projectId));
    const state = on ? `on: ${schedule}, ${timeZone}` : "off";
    print(context, options, { campaign: id, enabled: on }, `${id} is switched ${state}.\n`);
  });
}

const outcomes = ["accepted", "unregistered", "failed", "skipped"] as const;
const headings = ["run", "state", "shards", ...outcomes, "seconds"];

async function showRuns(context: CommandContext, options: StatusOptions): Promise<void> {
  await withServices(context, options, async ({ db }) => {
    const runs = [...(await listRuns(db, options.limit))].map(([id, run]) => describe(id, run));
    const rows = runs.map(({ runId, state, shards, shardsDone, counts, seconds }) => {
      const numbers = outcomes.map((outcome) => String(counts[outcome]));
      return [runId, state, `${shardsDone}/${shards}`, ...numbers, seconds?.toFixed(1) ?? ""];
    });
    printList(context, options, { items: runs, headings, rows, none: "No campaign has run yet." });
  });
}

/** The printed form of a run; `seconds` is set once the run is done. */
function describe(runId: string, run: RunDocument) {
  const { state, shards, shardsDone, counts, errors, createdAt, finishedAt } = run;
  return {
    runId,
    state,
    shards,
    shardsDone,
    counts,
    errors,
    createdAt: createdAt.toDate().toISOString(),
    ...(finishedAt && { seconds: (finishedAt.toMillis() - createdAt.toMillis()) / 1000 }),
  };
}
