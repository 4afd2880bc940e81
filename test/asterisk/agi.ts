import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const script = join(import.meta.dirname, "../../asterisk/pbx-push.agi");
const python = process.env["PYTHON"] ?? "python3";

/** The version of Python, or `undefined` without one. */
export function findPython(): string | undefined {
  try {
    return execFileSync(python, ["--version"], { encoding: "utf8" }).trim();
  } catch {
    return undefined;
  }
}

/** A channel that runs the script. */
export interface AgiChannel {
  readonly mode: string;
  readonly name?: string | Buffer;
  readonly number?: string;
  /** `agi_callingpres`: 0 is allowed, 32 and above restricted. */
  readonly presentation?: string;
  readonly exten?: string;
  readonly linkedId: string;
  /** Differs from the Linkedid on a leg of another channel's call. */
  readonly uniqueId?: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A run of the script, as Asterisk sees it. */
export interface AgiRun {
  readonly pid: number;
  /** The channel's variables, including those that the script has set. */
  readonly variables: Readonly<Record<string, string>>;
  /** Everything that it has printed. */
  readonly said: readonly string[];
  /** Resolves to the exit code when Asterisk would go on with the call. */
  readonly left: Promise<number | null>;
  /** Does what Asterisk does when the caller hangs up. */
  hangUp(): void;
}

/** A configuration directory for the script. */
export interface AgiSettings {
  write(lines: readonly string[], mode?: number): Promise<void>;
  /** Runs the script: https://docs.asterisk.org/Configuration/Interfaces/Asterisk-Gateway-Interface-AGI/ */
  run(channel: AgiChannel): AgiRun;
  remove(): Promise<void>;
}

/** Creates a configuration directory. */
export async function createAgiSettings(): Promise<AgiSettings> {
  const directory = await mkdtemp(join(tmpdir(), "pbx-push-agi-"));
  const file = join(directory, "pbx-push-settings.conf");
  return {
    write: async (lines, mode = 0o600) => {
      await writeFile(file, `[general]\n${lines.join("\n")}\n`);
      await chmod(file, mode);
    },
    run: (channel) => runScript(directory, channel),
    remove: () => rm(directory, { recursive: true }),
  };
}

function runScript(directory: string, channel: AgiChannel): AgiRun {
  const child = spawn(python, [script, channel.mode], {
    cwd: directory,
    env: { PATH: process.env["PATH"], AST_CONFIG_DIR: directory, ...channel.environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const variables: Record<string, string> = { ...describeChannel(channel), ...channel.variables };
  const said: string[] = [];
  child.stdin.on("error", () => undefined);
  child.stdin.write(buildEnvironment(channel));
  createInterface({ input: child.stdout }).on("line", (line) => {
    said.push(line);
    child.stdin.write(Buffer.from(`${answer(line, variables)}\n`, "latin1"));
  });
  child.stderr.on("data", (text: Buffer) => said.push(text.toString()));
  return {
    pid: child.pid!,
    variables,
    said,
    left: once(child, "close").then(([code]) => code as number | null),
    hangUp: () => {
      child.kill("SIGHUP");
      child.stdin.write("HANGUP\n");
    },
  };
}

/** What the dialplan's functions say of a channel; one character for each byte. */
function describeChannel(channel: AgiChannel): Record<string, string> {
  const { name = "", number = "", exten = "s", presentation = "0", linkedId, uniqueId = linkedId } = channel;
  const isWithheld = Number(presentation) >= 32 && Number(presentation) < 64;
  return {
    UNIQUEID: uniqueId,
    EXTEN: exten,
    "CHANNEL(linkedid)": linkedId,
    "CALLERID(num)": number,
    "CALLERID(num-pres)": isWithheld ? "prohib_not_screened" : "allowed_not_screened",
    "CALLERID(name)": Buffer.from(name).toString("latin1"),
  };
}

function buildEnvironment(channel: AgiChannel): Buffer {
  const { mode, name = "", number = "", exten = "s", presentation = "0", linkedId, uniqueId = linkedId } = channel;
  const lines: (readonly [string, string | Buffer])[] = [
    ["request", "pbx-push.agi"],
    ["channel", "PJSIP/trunk-00000011"],
    ["uniqueid", uniqueId],
    ["callerid", number === "" ? "unknown" : number],
    ["calleridname", name.length === 0 ? "unknown" : name],
    ["callingpres", presentation],
    ["rdnis", "unknown"],
    ["context", "trk-11-in"],
    ["extension", exten],
    ["accountcode", ""],
    ["arg_1", mode],
  ];
  const parts = lines.flatMap(([key, value]) => [`agi_${key}: `, value, "\n"]);
  return Buffer.concat([...parts, "\n"].map((part) => Buffer.from(part)));
}

function answer(line: string, variables: Record<string, string>): string {
  const template = /^GET FULL VARIABLE (.+)$/.exec(line)?.[1];
  if (template !== undefined) {
    // An inherited variable's name has no underscores.
    const valueOf = (_: string, asked: string) => variables[asked] ?? variables[`__${asked}`] ?? "";
    return `200 result=1 (${template.replace(/\$\{(.+)\}/, valueOf)})`;
  }
  const set = /^SET VARIABLE (\S+) "(.*)"$/.exec(line);
  if (set !== null) variables[set[1]!] = set[2]!;
  return set !== null || line.startsWith("VERBOSE ") ? "200 result=1" : "510 Invalid or unknown command";
}
