import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { gcloud, gcloudJson, resourceExists } from "../cloud/gcloud.ts";
import { formatCommand } from "../cloud/run-command.ts";
import type { CommandContext } from "../command/context.ts";
import { print, printProgress, type Common } from "../command/operation.ts";
import { chooseCloudProject } from "../project/project.ts";

/** `monitoring apply`: the metrics, alert policies and the dashboard of `monitoring/`. */
export function addMonitoringCommands(program: Command, context: CommandContext): void {
  const monitoring = program.command("monitoring").description("metrics, alerts and a dashboard");
  monitoring
    .command("apply")
    .description("create or update the metrics, policies and dashboard of monitoring/")
    .option("--channel <id...>", "notification channels for the alerts; by default, policies keep their channels")
    .option("--dry-run", "print the files and change nothing")
    .addHelpText("after", applyHelp)
    .action(async (options: ApplyOptions) => apply(context, options));
}

const applyHelp = `
gcloud beta monitoring channels list shows the channels. This command needs gcloud with its alpha component, and
an account with roles/logging.configWriter and roles/monitoring.editor.
`;

interface ApplyOptions extends Common {
  readonly channel?: readonly string[];
  readonly dryRun?: boolean;
}

/** The fields that are used of an existing policy or dashboard. */
interface Existing {
  readonly name: string;
  readonly displayName?: string;
  readonly etag?: string;
  readonly userLabels?: Readonly<Record<string, string>>;
  readonly notificationChannels?: readonly string[];
}

/** The project, and a function that runs a gcloud command to change it. */
interface Target {
  readonly project: string;
  readonly change: (args: readonly string[]) => Promise<void>;
}

async function apply(context: CommandContext, options: ApplyOptions): Promise<void> {
  const project = await chooseCloudProject(options.project, "monitoring");
  const files = ["metrics", "policies", "dashboards"].flatMap(listFiles).map((file) => basename(file));
  const dryRun = options.dryRun === true;
  if (!dryRun) {
    const change = async (args: readonly string[]) => {
      printProgress(context, options, `${formatCommand(["gcloud", ...args]).slice(0, 160)}\n`);
      await gcloud(args);
    };
    // Metrics first: Google refuses a policy on a missing metric.
    await applyMetrics({ project, change });
    await applyPolicies({ project, change }, options.channel ?? []);
    await applyDashboards({ project, change });
  }
  const listed = `would apply to ${project}:\n${files.map((file) => `  ${file}\n`).join("")}`;
  print(context, options, { projectId: project, dryRun, files }, dryRun ? listed : "");
}

function listFiles(kind: string): readonly string[] {
  const folder = fileURLToPath(new URL(`../../monitoring/${kind}`, import.meta.url));
  return readdirSync(folder)
    .toSorted()
    .map((name) => join(folder, name));
}

async function applyMetrics({ project, change }: Target): Promise<void> {
  for (const file of listFiles("metrics")) {
    const name = basename(file, ".json");
    const exists = await resourceExists(["logging", "metrics", "describe", name, `--project=${project}`]);
    const verb = exists ? "update" : "create";
    await change(["logging", "metrics", verb, name, `--config-from-file=${file}`, `--project=${project}`, "--quiet"]);
  }
}

async function applyPolicies({ project, change }: Target, channels: readonly string[]): Promise<void> {
  const group = ["alpha", "monitoring", "policies"];
  const existing = await gcloudJson<Existing[]>([...group, "list", `--project=${project}`, "--format=json"]);
  for (const file of listFiles("policies")) {
    const key = basename(file, ".json");
    const known = existing.find(({ userLabels }) => userLabels?.["pbx-push"] === key);
    // The file replaces the whole policy, channels included: the command names them again.
    const wanted = channels.length > 0 ? channels : (known?.notificationChannels ?? []);
    const flag = known === undefined ? "notification-channels" : "set-notification-channels";
    const verb = known === undefined ? ["create"] : ["update", known.name];
    const notify = wanted.length > 0 ? [`--${flag}=${wanted.join(",")}`] : [];
    await change([...group, ...verb, `--policy-from-file=${file}`, ...notify, `--project=${project}`, "--quiet"]);
  }
}

async function applyDashboards({ project, change }: Target): Promise<void> {
  const group = ["monitoring", "dashboards"];
  const existing = await gcloudJson<Existing[]>([...group, "list", `--project=${project}`, "--format=json"]);
  for (const file of listFiles("dashboards")) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a file of this repository
    const config = JSON.parse(readFileSync(file, "utf8")) as { displayName: string };
    const known = existing.find(({ displayName }) => displayName === config.displayName);
    if (known === undefined) {
      await change([...group, "create", `--config-from-file=${file}`, `--project=${project}`, "--quiet"]);
    } else {
      // The etag names the version to replace.
      const replacement = JSON.stringify({ ...config, etag: known.etag });
      await change([...group, "update", known.name, `--project=${project}`, "--quiet", `--config=${replacement}`]);
    }
  }
}
