import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { gcloud, gcloudJson, isThere } from "../cloud/gcloud.ts";
import { formatCommand } from "../cloud/run-here.ts";
import type { Desk } from "../command/desk.ts";
import { print, tell, type Common } from "../command/operation.ts";
import { chooseCloudProject } from "../project/project.ts";

/** `monitoring apply`: the metrics, alert policies and the dashboard of `monitoring/`. */
export function addMonitoringCommands(program: Command, desk: Desk): void {
  const monitoring = program.command("monitoring").description("metrics, alerts and a dashboard");
  monitoring
    .command("apply")
    .description("put the files of monitoring/ into a project, or bring them up to date")
    .option("--channel <id...>", "notification channels for the alerts; without any, policies keep those they have")
    .option("--dry-run", "print the files and change nothing")
    .addHelpText("after", applyHelp)
    .action(async (options: ApplyOptions) => apply(desk, options));
}

const applyHelp = `
gcloud beta monitoring channels list shows the channels. It needs gcloud with its alpha component, logged in as
somebody with roles/logging.configWriter and roles/monitoring.editor.
`;

interface ApplyOptions extends Common {
  readonly channel?: readonly string[];
  readonly dryRun?: boolean;
}

/** What the commands below need to know of a thing that is there. */
interface Existing {
  readonly name: string;
  readonly displayName?: string;
  readonly etag?: string;
  readonly userLabels?: Readonly<Record<string, string>>;
  readonly notificationChannels?: readonly string[];
}

/** The project, and how to run a command of gcloud that changes it. */
interface Target {
  readonly project: string;
  readonly change: (args: readonly string[]) => Promise<void>;
}

async function apply(desk: Desk, options: ApplyOptions): Promise<void> {
  const project = await chooseCloudProject(options.project, "monitoring");
  const files = ["metrics", "policies", "dashboards"].flatMap(listFiles).map((file) => basename(file));
  const dryRun = options.dryRun === true;
  if (!dryRun) {
    const change = async (args: readonly string[]) => {
      tell(desk, options, `${formatCommand(["gcloud", ...args]).slice(0, 160)}\n`);
      await gcloud(args);
    };
    // The metrics first: a policy about a metric that is not there is refused.
    await applyMetrics({ project, change });
    await applyPolicies({ project, change }, options.channel ?? []);
    await applyDashboards({ project, change });
  }
  const listed = `would apply to ${project}:\n${files.map((file) => `  ${file}\n`).join("")}`;
  print(desk, options, { projectId: project, dryRun, files }, dryRun ? listed : "");
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
    const exists = await isThere(["logging", "metrics", "describe", name, `--project=${project}`]);
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
    // A file replaces all of the policy: its channels are named again, or they would be gone.
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
      // The etag says which version is replaced.
      const replacement = JSON.stringify({ ...config, etag: known.etag });
      await change([...group, "update", known.name, `--project=${project}`, "--quiet", `--config=${replacement}`]);
    }
  }
}
