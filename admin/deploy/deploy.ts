import { rm } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runCommand, WrongUsage } from "../command.ts";
import { loadManifest, type Manifest } from "./load-manifest.ts";
import { findBadSettings, findObstacles, findUncommitted, type Deployment } from "./preflight.ts";
import { formatCommand, run, type Command } from "./run.ts";

const usage = `Deploys the functions, the Firestore rules, indexes and TTL policies.

  npm run deploy -- --project <id> [--only firestore|functions] [--force] [--dry-run]

  --project <id>   the Firebase project; there is no default
  --only <what>    only the database's part, or only the functions
  --force          lets the Firebase CLI delete functions and indexes that this checkout does not have
  --dry-run        checks and builds, and prints what it would run in the project

docs/deploy.md says what a project needs before the first time.
`;

/** The database first: functions must not meet queries without an index. */
const targets = ["firestore", "functions"];

interface Options extends Deployment {
  readonly only: readonly string[];
  readonly force: boolean;
  readonly dryRun: boolean;
}

function parseOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      project: { type: "string" },
      only: { type: "string" },
      force: { type: "boolean", default: false },
      "dry-run": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  const { project: projectId, only, force, "dry-run": dryRun } = values;
  if (projectId === undefined) throw new WrongUsage("Say which project: --project <id>");
  if (only !== undefined && !targets.includes(only)) throw new WrongUsage(`--only takes ${targets.join(" or ")}`);
  return { root: process.cwd(), projectId, only: only === undefined ? targets : [only], force, dryRun };
}

async function main(): Promise<number> {
  const options = parseOptions();
  if (options === undefined) {
    process.stdout.write(usage);
    return 0;
  }
  const { root, dryRun } = options;
  refuse(findObstacles(options));
  const uncommitted = await findUncommitted(root);
  if (uncommitted !== undefined) process.stderr.write(`Warning: ${uncommitted}\n`);
  const manifest = await build(root);
  refuse(findBadSettings(options, manifest));
  for (const command of listCommands(options, manifest)) {
    process.stdout.write(`${dryRun ? "would run: " : "$ "}${formatCommand(command)}\n`);
    if (!dryRun) await run(command, root);
  }
  if (!dryRun) process.stdout.write(`Deployed. Next: npm run ops -- doctor --project ${options.projectId}\n`);
  return 0;
}

function refuse(faults: readonly string[]): void {
  if (faults.length === 0) return;
  for (const fault of faults) process.stderr.write(`- ${fault}\n`);
  throw new Error("Nothing has been deployed");
}

async function build(root: string): Promise<Manifest> {
  const functions = join(root, "functions");
  // The compiler leaves what it has once made of a file that is gone.
  await rm(join(functions, "lib"), { recursive: true, force: true });
  await run(["npm", "run", "--silent", "compile", "--prefix", functions], root);
  return loadManifest(functions);
}

/** What runs in the project: whether the secrets are there, which the CLI would only ask for half way, then the deployment. */
function listCommands({ projectId, only, force }: Options, { params }: Manifest): readonly Command[] {
  const project = ["--project", projectId];
  const secrets = only.includes("functions") ? params.filter(({ type }) => type === "secret") : [];
  return [
    ...secrets.map(({ name }): Command => ["firebase", "functions:secrets:get", name, ...project]),
    ...only.map((target): Command => [
      "firebase",
      "deploy",
      "--only",
      target,
      ...project,
      ...(force ? ["--force"] : []),
    ]),
  ];
}

await runCommand(main);
