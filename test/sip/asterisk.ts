import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync, watch } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findFreePort } from "../../local/sockets.ts";
import { until } from "../support/until.ts";
import { Manager } from "./manager.ts";
import { Transcript } from "./transcript.ts";

const pack = join(import.meta.dirname, "../../asterisk");

// oxlint-disable-next-line node/no-process-env -- main.ts sets the root this way
const { ASTERISK_ROOT: root = "", ASTERISK_VERSION: version = "", KEEP: keep } = process.env;
if (root === "") throw new Error("npm run test:sip makes an Asterisk and runs these tests on it");

/** The version line of the tested Asterisk: `Asterisk 22.10.1~dfsg`. */
export { version };

/** The directory that Asterisk sees as `/`. */
export { root };

/** A running Asterisk with the pack's dialplan. */
export interface Asterisk {
  /** Starts a call on a Local channel in the dialplan at `name@test`. */
  call(name: string): Promise<void>;
  /** Hangs up that caller. */
  hangUp(): Promise<void>;
  /** Runs a console command; returns its output. */
  tell(line: string): Promise<string>;
  /** Sends an action over AMI; returns the response. */
  act(name: string, headers: Readonly<Record<string, string>>): Promise<string>;
  /** The names of all channels. */
  channels(): Promise<string[]>;
  /** The bridged channels with their application: `Dial` for the caller's, `AppDial` for the callee's. */
  bridged(): Promise<{ name: string; app: string }[]>;
  /** Waits for a condition that can only begin to hold with an AMI event. */
  until(condition: () => boolean | Promise<boolean>): Promise<void>;
  /** Waits until all channels have ended by themselves. */
  untilQuiet(): Promise<void>;
  /** Hangs up all channels, and waits until they are gone. */
  clear(): Promise<void>;
  /** Writes a file beside the settings, byte for byte; returns its path as Asterisk sees it. */
  write(name: string, content: string | Buffer, mode?: number): Promise<string>;
  /** Asterisk's log, at full verbosity if `isVerbose`. */
  readonly log: Transcript;
  /** Every event that AMI has sent to a user with all read permissions. */
  readonly events: Transcript;
  /** The call detail records. */
  records(): string;
  /** The CPU seconds that Asterisk has used so far. */
  cpuSeconds(): number;
  /** Ends Asterisk, and waits until all processes that it has started are gone. */
  stop(): Promise<void>;
}

/** Options for a test's Asterisk, besides what the pack's dialplan needs. */
export interface AsteriskParts {
  readonly modules?: readonly string[];
  /** Modules that it lacks. */
  readonly without?: readonly string[];
  /** Files beside its configuration, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** Whether it logs at full verbosity, which costs more CPU than the calls do. */
  readonly isVerbose?: boolean;
  /** Its system name, with which all Uniqueids and Linkedids begin. */
  readonly systemName?: string;
}

const modules = [
  "app_cdr app_channelredirect app_dial app_exec app_originate app_queue app_softhangup app_stack app_verbose app_waitforcond",
  "bridge_builtin_features bridge_holding bridge_simple cdr_csv",
  "func_callerid func_cdr func_channel func_config func_curl func_cut func_dialplan func_env func_global func_iconv",
  "func_hangupcause func_logic func_math func_md5 func_module func_strings func_timeout func_uri",
  "pbx_config res_agi res_clioriginate res_curl res_speech res_timing_timerfd",
]
  .join(" ")
  .split(" ");

/** Starts Asterisk in a directory of its own, with a test's dialplan beside the pack's. */
export async function startAsterisk(
  dialplan: string,
  settings: string,
  { modules: more = [], without = [], files = {}, isVerbose = true, systemName = "" }: AsteriskParts = {},
): Promise<Asterisk> {
  const host = await mkdtemp(join(root, "tmp/pbx-push-"));
  const inside = host.slice(root.length);
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
  const loaded = [...modules, ...more].filter((name) => !without.includes(name)).map((name) => `load=${name}.so`);
  const port = await findFreePort();
  const levels = isVerbose ? "notice,warning,error,verbose(9),dtmf" : "warning,error,verbose(2)";
  const configuration: Record<string, string> = {
    "asterisk.conf": buildAsteriskConf(inside, isVerbose ? 9 : 2, systemName),
    "modules.conf": `[modules]\nautoload=no\n${loaded.join("\n")}\n`,
    "logger.conf": `[general]\ndateformat=%T.%3q\n[logfiles]\nfull => ${levels}\n`,
    "cdr.conf": "[general]\nenable=yes\nunanswered=yes\n[csv]\nusegmtime=yes\n",
    "manager.conf": `[general]\nenabled=yes\nbindaddr=127.0.0.1\nport=${port}\n[test]\nsecret=test\nread=all\nwrite=all\n`,
    "queues.conf": "[general]\n[support]\nmember => Local/busy@callee/n\n",
    "pbx-push-settings.conf": settings,
    "extensions.conf": `[general]\n#include "pbx-push.conf"\n${dialplan}`,
    ...files,
  };
  for (const [name, content] of Object.entries(configuration)) await write(name, content);
  await copyFile(join(pack, "pbx-push.conf"), join(host, "pbx-push.conf"));
  await copyFile(join(pack, "pbx-push.agi"), join(host, "agi-bin/pbx-push.agi"));
  const log = new Transcript();
  const tail = followFile(join(host, "log"), "full", log);
  const booted = log.fromNow();
  const options = [root, "asterisk", "-C", join(inside, "asterisk.conf"), "-f", "-q"];
  const server = spawn("chroot", options, { stdio: "ignore" });
  const exited = once(server, "exit");
  await Promise.race([booted(/Asterisk Ready/), exited.then(() => Promise.reject(new Error(log.text)))]);
  const [console, listener] = await Promise.all([
    Manager.connect(port, "off"),
    ...(isVerbose ? [Manager.connect(port, "on")] : []),
  ]);
  const events = listener?.said ?? log;
  const rows = async () =>
    (await console.tell("core show channels concise"))
      .split("\n")
      .filter((line) => line.includes("!"))
      .map((line) => line.split("!"));
  const channels = async () => (await rows()).map(([name]) => name!);
  const untilQuiet = () => until(async () => (await channels()).length === 0);
  return {
    call: async (name) => {
      await console.tell(`channel originate Local/caller@test-caller/n extension ${name}@test`);
    },
    hangUp: async () => {
      const caller = (await channels()).find((name) => name.startsWith("Local/caller@") && name.endsWith(";2"));
      await console.tell(`channel request hangup ${caller}`);
    },
    untilQuiet,
    clear: async () => {
      await until(async () => {
        if ((await channels()).length === 0) return true;
        await console.tell("channel request hangup all");
        return false;
      });
    },
    tell: (line) => console.tell(line),
    act: (name, headers) => console.act(name, headers),
    channels,
    bridged: async () => (await rows()).filter((row) => row[12] !== "").map((row) => ({ name: row[0]!, app: row[5]! })),
    until: (condition) => events.until(condition),
    write,
    log,
    events,
    records: () => readFileSync(join(host, "log/cdr-csv/Master.csv"), "utf8"),
    cpuSeconds: () => readCpuSeconds(server.pid!),
    stop: async () => {
      console.close();
      listener?.close();
      server.kill();
      await exited;
      tail.close();
      // A background request of the AGI script outlives the call, but not its time limit.
      await until(() => findInside().length === 0);
      if (keep === undefined) await rm(host, { recursive: true });
    },
  };
}

/** The processes whose `/` is the root. */
function findInside(): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/root`) === root;
    } catch {
      return false;
    }
  });
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: user and system time, in hundredths of a second. */
function readCpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Appends a file's content to a transcript, from its first byte on, as the file grows. */
function followFile(directory: string, name: string, transcript: Transcript): { close: () => void } {
  const path = join(directory, name);
  let file: number | undefined;
  let position = 0;
  const buffer = Buffer.alloc(256 * 1024);
  const read = () => {
    file ??= openSync(path, "r");
    for (let length; (length = readSync(file, buffer, 0, buffer.length, position)) > 0; position += length)
      transcript.append(buffer.toString("latin1", 0, length));
  };
  const watcher = watch(directory, (_, changed) => changed === name && read());
  return {
    close: () => {
      watcher.close();
      if (file !== undefined) closeSync(file);
    },
  };
}

function buildAsteriskConf(directory: string, verbose: number, systemName: string): string {
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
  const system = systemName === "" ? "" : `systemname = ${systemName}\n`;
  return `[directories]\n${directories.join("\n")}\n[options]\nverbose = ${verbose}\n${system}documentation_language = en_US\n`;
}
