import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Option, type Command } from "commander";
import { formatCommand, runCommand, type CommandLine } from "../cloud/run-command.ts";
import type { CommandContext } from "../command/context.ts";
import { describe, Refused } from "../command/errors.ts";
import { print, printProgress, withChange, withServices, type Common } from "../command/operation.ts";
import { chooseCloudProject } from "../project/project.ts";
import { findLockout } from "./find-lockout.ts";
import { loadManifest, type Manifest } from "./load-manifest.ts";
import { findBadSettings, findMissingSecrets, findObstacles, findUncommitted, type Deployment } from "./preflight.ts";

/** Firestore first: queries of the new functions need its indexes. */
const targets = ["firestore", "functions"];

/** The console's page, only if it is asked for: the project's site may be another app's. */
const page = "hosting";

/** `deploy`: the functions, the Firestore rules, indexes and TTL policies. */
export function addDeployCommand(program: Command, context: CommandContext): void {
  program
    .command("deploy")
    .summary("deploy functions, rules, indexes and TTL policies")
    .description("deploy the functions, and Firestore's rules, indexes and TTL policies")
    .addOption(
      new Option(
        "--only <what>",
        "deploy only one of these; hosting, the console's page, is never deployed otherwise",
      ).choices([...targets, page]),
    )
    .option("--force", "let the Firebase CLI delete functions and indexes that this checkout does not have")
    .option("--dry-run", "check and build, then print the commands without running them")
    .addHelpText("after", "\nBefore the first deployment, see docs/deploy.md.\n")
    .action(async (options: DeployOptions) => deploy(context, options));
}

interface DeployOptions extends Common {
  readonly only?: string;
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

async function deploy(context: CommandContext, options: DeployOptions): Promise<void> {
  const projectId = await chooseCloudProject(options.project, "deployment");
  const root = process.cwd();
  const dryRun = options.dryRun === true;
  const run = async (command: CommandLine) =>
    runCommand(command, root, { out: options.json === true ? "stderr" : "stdout" });
  refuse(findObstacles(root));
  const uncommitted = await findUncommitted(root);
  if (uncommitted !== undefined) context.err.write(`Warning: ${uncommitted}\n`);
  if (options.only !== page) await checkFunctions(context, { root, projectId }, options, run);
  const commands = listCommands(projectId, options);
  const runAll = async () => {
    for (const command of commands) {
      printProgress(context, options, `${dryRun ? "would run: " : "$ "}${formatCommand(command)}\n`);
      if (!dryRun) await run(command);
    }
  };
  await (dryRun ? runAll() : withRecord(context, { ...options, project: projectId }, runAll));
  const done = `Deployed. Next: npm run ops -- doctor --project ${projectId}\n`;
  print(context, options, { projectId, dryRun, commands: commands.map(formatCommand) }, dryRun ? "" : done);
}

/** Builds the functions, and refuses what could not be deployed or would stop the service. */
async function checkFunctions(
  context: CommandContext,
  { root, projectId }: Deployment,
  { only }: DeployOptions,
  run: (command: CommandLine) => Promise<void>,
): Promise<void> {
  const manifest = await build(root, run);
  refuse(findBadSettings({ root, projectId }, manifest));
  if (only === "firestore") return;
  await refuseMissingSecrets(context, projectId, manifest);
  await refuseLockout(context, projectId);
}

/** Secret Manager may be unreadable from here: the Firebase CLI asks it, too, with an account of its own. */
async function refuseMissingSecrets(context: CommandContext, projectId: string, manifest: Manifest): Promise<void> {
  let missing: readonly string[] = [];
  try {
    missing = await findMissingSecrets(context.openGoogleApi(projectId), { projectId }, manifest);
  } catch (error) {
    context.err.write(`Warning: the secrets could not be checked: ${describe(error)}\n`);
  }
  refuse(missing);
}

/** Firestore may be unreadable from here, or not there yet: only a lockout that is seen stops a deployment. */
async function refuseLockout(context: CommandContext, projectId: string): Promise<void> {
  let lockout: string | undefined;
  try {
    lockout = await withServices(context, { project: projectId }, findLockout);
  } catch (error) {
    context.err.write(`Warning: the keys of PBXs could not be checked: ${describe(error)}\n`);
  }
  if (lockout !== undefined) refuse([lockout]);
}

/** Deploys, and records that. The database may not be there yet: that the record cannot be written is only a warning. */
async function withRecord(context: CommandContext, options: DeployOptions, runAll: () => Promise<void>): Promise<void> {
  const change = { what: "deploy", subject: { only: options.only ?? "all" } };
  let deploying: Promise<void> | undefined;
  try {
    await withChange(context, options, change, async () => (deploying = runAll()));
  } catch (error) {
    // Throws if the deployment is what failed.
    await (deploying ?? runAll());
    context.err.write(`Warning: ops audit does not show this deployment: ${describe(error)}\n`);
  }
}

function refuse(faults: readonly string[]): void {
  if (faults.length > 0) throw new Refused("Nothing has been deployed", faults);
}

async function build(root: string, run: (command: CommandLine) => Promise<void>): Promise<Manifest> {
  const functions = join(root, "functions");
  // The compiler does not delete the output of deleted source files.
  await rm(join(functions, "lib"), { recursive: true, force: true });
  await run(["npm", "run", "--silent", "compile", "--prefix", functions]);
  return loadManifest(functions);
}

/** The commands to run. */
function listCommands(projectId: string, { only, force }: DeployOptions): readonly CommandLine[] {
  const chosen = only === undefined ? targets : [only];
  const project = ["--project", projectId];
  return chosen.map((target): CommandLine => {
    return ["firebase", "deploy", "--only", target, ...project, ...(force === true ? ["--force"] : [])];
  });
}
