import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runCommand, WrongUsage } from "../admin/command.ts";
import { formatCommand } from "../admin/deploy/run.ts";
import { gcloud, gcloudJson, isThere } from "./gcloud.ts";

const usage = `Puts the metrics, alert policies and the dashboard of ops/ into a project, or brings them up to date.

  npm run ops:apply -- --project <id> [--channel <id>]… [--dry-run]

  --project <id>   the Google Cloud project
  --channel <id>   a notification channel for the alerts, once for each; without it policies keep those they have.
                   gcloud beta monitoring channels list shows them
  --dry-run        prints the files and changes nothing

It needs gcloud with its alpha component, logged in as somebody with roles/logging.configWriter and roles/monitoring.editor.
`;

interface Options {
  readonly project: string;
  readonly channels: readonly string[];
}

/** What the commands below need to know of a thing that is there. */
interface Existing {
  readonly name: string;
  readonly displayName?: string;
  readonly etag?: string;
  readonly userLabels?: Readonly<Record<string, string>>;
  readonly notificationChannels?: readonly string[];
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      project: { type: "string" },
      channel: { type: "string", multiple: true, default: [] },
      "dry-run": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (values.project === undefined) throw new WrongUsage("Say which project: --project <id>");
  const options = { project: values.project, channels: values.channel };
  if (values["dry-run"]) {
    const files = ["metrics", "policies", "dashboards"].flatMap(listFiles);
    process.stdout.write(
      `would apply to ${options.project}:\n${files.map((file) => `  ${basename(file)}\n`).join("")}`,
    );
    return 0;
  }
  // The metrics first: a policy about a metric that is not there is refused.
  await applyMetrics(options);
  await applyPolicies(options);
  await applyDashboards(options);
  return 0;
}

function listFiles(kind: string): readonly string[] {
  const folder = fileURLToPath(new URL(kind, import.meta.url));
  return readdirSync(folder)
    .toSorted()
    .map((name) => join(folder, name));
}

async function apply(args: readonly string[]): Promise<void> {
  process.stdout.write(`${formatCommand(["gcloud", ...args]).slice(0, 160)}\n`);
  await gcloud(args);
}

async function applyMetrics({ project }: Options): Promise<void> {
  for (const file of listFiles("metrics")) {
    const name = basename(file, ".json");
    const exists = await isThere(["logging", "metrics", "describe", name, `--project=${project}`]);
    const verb = exists ? "update" : "create";
    await apply(["logging", "metrics", verb, name, `--config-from-file=${file}`, `--project=${project}`, "--quiet"]);
  }
}

async function applyPolicies({ project, channels }: Options): Promise<void> {
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
    await apply([...group, ...verb, `--policy-from-file=${file}`, ...notify, `--project=${project}`, "--quiet"]);
  }
}

async function applyDashboards({ project }: Options): Promise<void> {
  const group = ["monitoring", "dashboards"];
  const existing = await gcloudJson<Existing[]>([...group, "list", `--project=${project}`, "--format=json"]);
  for (const file of listFiles("dashboards")) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a file of this folder
    const config = JSON.parse(readFileSync(file, "utf8")) as { displayName: string };
    const known = existing.find(({ displayName }) => displayName === config.displayName);
    if (known === undefined) {
      await apply([...group, "create", `--config-from-file=${file}`, `--project=${project}`, "--quiet"]);
    } else {
      // The etag says which version is replaced.
      const replacement = JSON.stringify({ ...config, etag: known.etag });
      await apply([...group, "update", known.name, `--project=${project}`, "--quiet", `--config=${replacement}`]);
    }
  }
}

await runCommand(main);
