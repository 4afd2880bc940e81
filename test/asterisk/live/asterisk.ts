import { spawn, execFile } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const pack = join(import.meta.dirname, "../../../asterisk");

/** How to run Asterisk: a program, perhaps in a root directory of its own that needs chroot. */
const program = process.env["ASTERISK"] ?? "asterisk";
const root = process.env["ASTERISK_ROOT"] ?? "";
const [command, prefix] = root === "" ? [program, []] : ["chroot", [root, program]];

/** A running Asterisk with the pack's dialplan. */
export interface Asterisk {
  /** Starts a call in the dialplan at `name@test`. */
  call(name: string): Promise<void>;
  /** Hangs up the caller. */
  hangUp(): Promise<void>;
  /** Runs a console command; returns its output. */
  tell(line: string): Promise<string>;
  /** Sends an action over AMI. */
  act(name: string, headers: Readonly<Record<string, string>>): void;
  /** The names of all channels. */
  channels(): Promise<string[]>;
  /** The bridged channels with their application: `Dial` for the caller's, `AppDial` for the callee's. */
  bridged(): Promise<{ name: string; app: string }[]>;
  /** Hangs up all channels, and waits until they are gone. */
  clear(): Promise<void>;
  /** Writes a file beside the settings, byte for byte; returns its path as Asterisk sees it. */
  write(name: string, content: string | Buffer, mode?: number): Promise<string>;
  /** Asterisk's log, at full verbosity. */
  log(): string;
  /** Every event that AMI has sent to a user with all read permissions. */
  events(): string;
  /** The call detail records. */
  records(): string;
  stop(): Promise<void>;
}

/** Options for a test's Asterisk, besides what the pack's dialplan needs. */
export interface AsteriskParts {
  readonly modules?: readonly string[];
  /** Files beside its configuration, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** The version line of the installed Asterisk, or `undefined` without one. */
export async function findAsterisk(): Promise<string | undefined> {
  try {
    return (await run(command, [...prefix, "-V"])).stdout.trim();
  } catch {
    return undefined;
  }
}

/** Whether there is a Python for the AGI script where Asterisk runs. */
export async function hasPython(): Promise<boolean> {
  try {
    await run(root === "" ? "python3" : "chroot", [...(root === "" ? [] : [root, "python3"]), "--version"]);
    return true;
  } catch {
    return false;
  }
}

const modules = [
  "app_cdr app_dial app_exec app_originate app_queue app_stack app_verbose app_waitforcond",
  "bridge_builtin_features bridge_holding bridge_simple cdr_csv",
  "func_callerid func_cdr func_channel func_config func_curl func_cut func_dialplan func_env func_global func_iconv",
  "func_logic func_math func_module func_strings func_timeout func_uri",
  "pbx_config res_agi res_clioriginate res_curl res_speech res_timing_timerfd",
]
  .join(" ")
  .split(" ");

/** Starts Asterisk in a directory of its own, with a test's dialplan beside the pack's. */
export async function startAsterisk(dialplan: string, settings: string, parts: AsteriskParts = {}): Promise<Asterisk> {
  const host = await mkdtemp(join(root, "/tmp/pbx-push-"));
  const inside = host.slice(root === "" ? 0 : root.length);
  const write: Asterisk["write"] = async (name, content, mode = 0o600) => {
    await writeFile(join(host, name), content);
    await chmod(join(host, name), mode);
    return join(inside, name);
  };
  await Promise.all(
    ["log", "spool", "run", "db", "keys", "agi-bin", "log/cdr-csv"].map((name) =>
      mkdir(join(host, name), { recursive: true }),
    ),
  );
  await write("asterisk.conf", buildAsteriskConf(inside));
  const loaded = [...modules, ...(parts.modules ?? [])].map((name) => `load=${name}.so`);
  await write("modules.conf", `[modules]\nautoload=no\n${loaded.join("\n")}\n`);
  await write(
    "logger.conf",
    "[general]\ndateformat=%T.%3q\n[logfiles]\nfull => notice,warning,error,verbose(9),dtmf\n",
  );
  await write("cdr.conf", "[general]\nenable=yes\nunanswered=yes\n[csv]\nusegmtime=yes\n");
  const manager = await findFreePort();
  await write(
    "manager.conf",
    `[general]\nenabled=yes\nbindaddr=127.0.0.1\nport=${manager}\n[test]\nsecret=test\nread=all\nwrite=call\n`,
  );
  await write("queues.conf", "[general]\n[support]\nmember => Local/busy@callee/n\n");
  for (const [name, content] of Object.entries(parts.files ?? {})) await write(name, content);
  await write("pbx-push-settings.conf", settings);
  await write("extensions.conf", `[general]\n#include "pbx-push.conf"\n${dialplan}`);
  await copyFile(join(pack, "pbx-push.conf"), join(host, "pbx-push.conf"));
  await copyFile(join(pack, "pbx-push.agi"), join(host, "agi-bin/pbx-push.agi"));
  const options = [...prefix, "-C", join(inside, "asterisk.conf")];
  const server = spawn(command, [...options, "-f", "-q"], { stdio: "ignore" });
  const exited = once(server, "exit");
  const tell = async (line: string) => (await run(command, [...options, "-rx", line])).stdout;
  await untilBooted(tell);
  const ami = connect(manager, "127.0.0.1").setEncoding("utf8");
  let events = "";
  ami.on("data", (text: string) => (events += text));
  ami.write("Action: Login\r\nUsername: test\r\nSecret: test\r\n\r\n");
  const rows = async () =>
    (await tell("core show channels concise"))
      .split("\n")
      .filter((line) => line.includes("!"))
      .map((line) => line.split("!"));
  const channels = async () => (await rows()).map(([name]) => name!);
  return {
    call: async (name) => {
      await tell(`channel originate Local/caller@test-caller/n extension ${name}@test`);
    },
    hangUp: async () => {
      const caller = (await channels()).find((name) => name.startsWith("Local/caller@") && name.endsWith(";2"));
      await tell(`channel request hangup ${caller}`);
    },
    clear: async () => {
      while ((await channels()).length > 0) await tell("channel request hangup all");
    },
    tell,
    act: (name, headers) => {
      const lines = Object.entries({ Action: name, ...headers }).map(([key, value]) => `${key}: ${value}\r\n`);
      ami.write(`${lines.join("")}\r\n`);
    },
    channels,
    bridged: async () => (await rows()).filter((row) => row[12] !== "").map((row) => ({ name: row[0]!, app: row[5]! })),
    write,
    log: () => readFileSync(join(host, "log/full"), "utf8"),
    events: () => events,
    records: () => readFileSync(join(host, "log/cdr-csv/Master.csv"), "utf8"),
    stop: async () => {
      ami.destroy();
      server.kill();
      await exited;
      if (process.env["KEEP"] === undefined) await rm(host, { recursive: true });
    },
  };
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** The console's socket appears soon after the start; the test runner's timeout bounds the loop. */
async function untilBooted(tell: (line: string) => Promise<string>): Promise<void> {
  for (;;) {
    try {
      await tell("core waitfullybooted");
      return;
    } catch {
      // Not listening yet.
    }
  }
}

function buildAsteriskConf(directory: string): string {
  const names = {
    astetcdir: "",
    astvarlibdir: "",
    astdbdir: "db",
    astkeydir: "keys",
    astagidir: "agi-bin",
    astspooldir: "spool",
    astrundir: "run",
    astlogdir: "log",
  };
  const directories = Object.entries(names).map(([name, folder]) => `${name} => ${join(directory, folder)}`);
  return `[directories]\n${directories.join("\n")}\n[options]\nverbose = 9\ndocumentation_language = en_US\n`;
}
