import { readFileSync } from "node:fs";
import type { Command } from "commander";
import colors from "picocolors";
import { findBadSettings, readDeployment } from "../../functions/src/config.ts";
import { demo } from "../../local/stack/demo.ts";
import { requireDeviceId } from "../command/arguments.ts";
import type { CommandContext } from "../command/context.ts";
import { WrongUsage } from "../command/errors.ts";
import type { Common } from "../command/operation.ts";
import { deviceUserOption } from "../command/user-option.ts";
import { pbxUrl } from "../project/pbx-url.ts";
import { chooseProject, isLocal } from "../project/project.ts";
import { readSettings } from "../project/settings.ts";
import { runChecks, type NamedFinding } from "./run-checks.ts";

/** `doctor`: finds faults of a deployment and says how to fix them. */
export function addDoctorCommand(program: Command, context: CommandContext): void {
  program
    .command("doctor")
    .summary("find faults and say how to fix them")
    .description("find faults and say how to fix them; exits with 1 on a fault")
    .option(
      "--device <id>",
      "wake this device with a real call; every phone of its exten rings for a moment",
      requireDeviceId,
    )
    .option(
      "--key-file <file>",
      "a PBX's settings file, for its key; repeatable. The local stack uses the demo key",
      (file: string, others: readonly string[] | undefined) => [...(others ?? []), readKey(file)],
    )
    .addOption(deviceUserOption())
    .option("--url <url>", "address of the PBX API, if not the usual one", parseUrl)
    .action(async (options: DoctorOptions) => runDoctor(context, options));
}

interface DoctorOptions extends Common {
  readonly device?: string;
  readonly user?: string;
  /** The keys read from the files. */
  readonly keyFile?: readonly string[];
  readonly url?: string;
}

/** `key = …` of an ini file. */
function readKey(file: string): string {
  const key = /^[^\S\n]*key[^\S\n]*=[^\S\n]*"?([^\s"]+)"?[^\S\n]*$/m.exec(readFileSync(file, "utf8"))?.[1];
  if (key === undefined) throw new WrongUsage(`${file} has no line key = …`);
  return key;
}

function parseUrl(url: string): string {
  if (!URL.canParse(url) || !/^https?:/.test(url)) throw new WrongUsage(`${url} is not an http(s) address`);
  return url.replace(/\/+$/, "");
}

async function runDoctor(context: CommandContext, options: DoctorOptions): Promise<void> {
  const projectId = await chooseProject(options.project);
  const settings = readSettings(projectId);
  const keys = [...(options.keyFile ?? []), ...(isLocal(projectId) ? [demo.pbxKey] : [])];
  const google = isLocal(projectId) ? undefined : context.openGoogleApi(projectId);
  await google?.authorize();
  // Invalid settings are a finding; they must not stop the other checks.
  const harmless = Object.fromEntries(findBadSettings(settings).map(({ name }) => [name, ""]));
  const { services, close } = await context.connect(projectId, harmless);
  const findings: NamedFinding[] = [];
  try {
    const checked = {
      projectId,
      services,
      settings,
      region: readDeployment({ ...settings, ...harmless }).region,
      pbxUrl: options.url ?? pbxUrl(projectId, { ...settings, ...harmless }),
      ...(google !== undefined && { google }),
      keys,
      ...(options.device !== undefined && { device: { deviceId: options.device, user: options.user } }),
    };
    for await (const finding of runChecks(checked)) {
      findings.push(finding);
      if (options.json !== true) context.out.write(format(finding, context.out.isTTY === true));
    }
  } finally {
    await close();
  }
  if (findings.some(({ level }) => level === "fault")) context.exitCode = 1;
  context.out.write(options.json === true ? `${JSON.stringify(findings, undefined, 2)}\n` : summarise(findings));
}

const colour = { ok: colors.green, warning: colors.yellow, fault: colors.red };

function format({ check, level, seen, todo }: NamedFinding, isTTY: boolean): string {
  const padded = level.padEnd(7);
  const line = `${isTTY ? colour[level](padded) : padded}  ${check.padEnd(9)}  ${seen}\n`;
  return todo === undefined ? line : `${line}${" ".repeat(20)}→ ${todo}\n`;
}

function summarise(findings: readonly NamedFinding[]): string {
  const count = (wanted: NamedFinding["level"]) => findings.filter(({ level }) => level === wanted).length;
  return `\nok ${count("ok")}, warnings ${count("warning")}, faults ${count("fault")}\n`;
}
