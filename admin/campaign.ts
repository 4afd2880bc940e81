import { parseArgs } from "node:util";
import { campaigns, switchCampaign, type Campaign } from "../functions/src/campaigns/campaign.ts";
import { listRuns, watchRun, type RunDocument } from "../functions/src/campaigns/run.ts";
import { startRun } from "../functions/src/campaigns/start-run.ts";
import { readDeployment } from "../functions/src/config.ts";
import type { Services } from "../functions/src/services.ts";
import { runCommand, WrongUsage } from "./command.ts";
import { connect } from "./connect.ts";
import { createProgressBar } from "./progress-bar.ts";
import { readSettings } from "./settings.ts";
import { formatTable } from "./table.ts";

const names = campaigns.map(({ id }) => id).join(", ");

const usage = `Campaigns: pushes to everybody.

  npm run campaign -- run <campaign> --project <id>
      Starts a run by hand, now, and shows how it goes. Ctrl-C stops the showing only, once all shards are handed out.

  npm run campaign -- disable|enable <campaign> --project <id>
      Switches it off or on, also before the first deployment. A run under way goes on; run starts none of one that is off.

  npm run campaign -- status [--last 10] --project <id>
      Lists the last runs, newest first.

  <campaign>       ${names}
  --project <id>   a Firebase project; one that begins with demo- is the local stack's
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      project: { type: "string" },
      last: { type: "string", default: "10" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const [command, name, ...rest] = positionals;
  if (!isCommand(command) || rest.length > 0) throw new WrongUsage(`Say ${commands.join(", ")}`);
  const campaign = command === "status" ? undefined : getCampaign(name);
  if (campaign === undefined && name !== undefined) throw new WrongUsage("status takes no campaign");
  const last = Number(values.last);
  if (!Number.isInteger(last) || last < 1) throw new WrongUsage(`--last takes a number, not ${values.last}`);
  if (values.project === undefined) throw new WrongUsage("Say which project: --project <id>");
  const { services, close } = await connect(values.project);
  try {
    if (campaign === undefined) return await showRuns(services, last);
    if (command === "run") return await run(services, campaign);
    return await turn(services, campaign, command === "enable");
  } finally {
    await close();
  }
}

const commands = ["run", "disable", "enable", "status"] as const;

function isCommand(given: string | undefined): given is (typeof commands)[number] {
  return commands.some((command) => command === given);
}

function getCampaign(name: string | undefined): Campaign {
  const campaign = campaigns.find(({ id }) => id === name);
  if (campaign === undefined) throw new WrongUsage(`Say which campaign: ${names}`);
  return campaign;
}

async function run(services: Services, campaign: Campaign): Promise<number> {
  const scheduledAt = services.clock.now();
  process.stdout.write("Handing out the shards …\n");
  const runId = await startRun(services, { campaign, scheduledAt });
  if (runId === undefined) {
    process.stderr.write(`${campaign.id} is switched off: campaigns/${campaign.id} says enabled: false\n`);
    return 1;
  }
  process.stdout.write(`${runId}\n`);
  const { counts, errors } = await watchToTheEnd(services, runId);
  // The order of a map's fields is Firestore's own.
  const why = Object.entries(errors).map(([code, count]) => `${code} ×${count}`);
  const results = fates.map((fate) => `${counts[fate]} ${fate}`);
  process.stdout.write(`${[...results, ...why.toSorted()].join(", ")}\n`);
  return counts.failed === 0 ? 0 : 1;
}

async function turn({ db, config }: Services, campaign: Campaign, on: boolean): Promise<number> {
  await switchCampaign(db, campaign, on);
  const { timeZone, [`${campaign.id}Schedule` as const]: schedule } = readDeployment(readSettings(config.projectId));
  process.stdout.write(`${campaign.id} is switched ${on ? `on: ${schedule}, ${timeZone}` : "off"}.\n`);
  return 0;
}

async function watchToTheEnd({ db }: Services, runId: string): Promise<RunDocument> {
  const progress = createProgressBar(process.stdout, "shards sent");
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

const fates = ["accepted", "unregistered", "failed", "skipped"] as const;
const headings = ["run", "state", "shards", ...fates, "seconds"];

async function showRuns({ db }: Services, last: number): Promise<number> {
  const runs = await listRuns(db, last);
  if (runs.size === 0) process.stderr.write("No campaign has run yet.\n");
  else process.stdout.write(formatTable(headings, [...runs].map(describe)));
  return 0;
}

function describe([id, { state, shards, shardsDone, counts, createdAt, finishedAt }]: [string, RunDocument]): string[] {
  const seconds = finishedAt && ((finishedAt.toMillis() - createdAt.toMillis()) / 1000).toFixed(1);
  const numbers = fates.map((fate) => String(counts[fate]));
  return [id, state, `${shardsDone}/${shards}`, ...numbers, seconds ?? ""];
}

await runCommand(main);
