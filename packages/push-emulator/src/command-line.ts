import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";

import type { ApnsTeam } from "./apns/provider-keys.ts";
import type { Certificate } from "./certificate.ts";
import type { PushEmulatorOptions } from "./contract.ts";
import { DEFAULT_HOST } from "./emulator.ts";
import type { FaultScript } from "./fault-script.ts";
import { DEFAULT_PORT } from "./ports.ts";

/** The text of --help. */
export const USAGE: string = `Usage: push-emulator [options]

  --host <address>    address to listen on; default: ${DEFAULT_HOST}
  --port <number>     of FCM, the inbox and the control API; default: ${DEFAULT_PORT}; 0 = any free port
  --project <id>      sends to any other project are answered 404
  --script <file>     faults at the start: JSON, one fault or a list, as for POST /emulator/v1/faults; may be repeated
  --tls               also serve TLS on the ports, with a generated certificate for Google's and Apple's hosts and this machine
  --ca-file <file>    where --tls writes the certificate to trust; default: a new folder in the system's temporary one
  --key <file>        with --cert: also serve TLS on the ports, with this key
  --cert <file>       and this certificate
  --version           show the version
  --help              show this help

APNs:
  --apns-port <number>          of the production environment; default: the port after --port
  --apns-sandbox-port <number>  of the sandbox; default: the port after --apns-port
  --apns-key <file>             the key that provider tokens are signed with (.p8), instead of the demo key
  --apns-key-id <id>            and its key id
  --apns-team-id <id>           and its team id
`;
const MAX_PORT = 65_535;

const FLAGS = {
  host: { type: "string", default: DEFAULT_HOST },
  port: { type: "string", default: String(DEFAULT_PORT) },
  project: { type: "string" },
  script: { type: "string", multiple: true },
  tls: { type: "boolean", default: false },
  "ca-file": { type: "string" },
  key: { type: "string" },
  cert: { type: "string" },
  "apns-port": { type: "string" },
  "apns-sandbox-port": { type: "string" },
  "apns-key": { type: "string" },
  "apns-key-id": { type: "string" },
  "apns-team-id": { type: "string" },
  version: { type: "boolean", short: "v", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** What the flags ask for. */
export interface Command {
  readonly showHelp: boolean;
  readonly showVersion: boolean;
  /** Where to write the certificate to trust. */
  readonly caFile: string | undefined;
  /** Reads the files that the flags name; rejects if a flag or a file is wrong. */
  readonly read: () => Promise<{ readonly options: PushEmulatorOptions; readonly faults: readonly FaultScript[] }>;
}

/** Parses the command line; throws if it has an unknown flag. */
export function parseCommandLine(): Command {
  const flags = parseArgs({ options: FLAGS }).values;
  return {
    showHelp: flags.help,
    showVersion: flags.version,
    caFile: flags["ca-file"],
    read: async () => ({
      options: await readOptions(flags),
      faults: (await Promise.all((flags.script ?? []).map(readScript))).flat(),
    }),
  };
}

type Flags = ReturnType<typeof parseArgs<{ options: typeof FLAGS }>>["values"];

async function readOptions(flags: Flags): Promise<PushEmulatorOptions> {
  const [apnsPort, apnsSandboxPort] = [flags["apns-port"], flags["apns-sandbox-port"]];
  const apns = await readTeam(flags);
  return {
    host: flags.host,
    port: parsePort("--port", flags.port),
    ...(apnsPort === undefined ? {} : { apnsPort: parsePort("--apns-port", apnsPort) }),
    ...(apnsSandboxPort === undefined ? {} : { apnsSandboxPort: parsePort("--apns-sandbox-port", apnsSandboxPort) }),
    tls: await readTls(flags),
    ...(apns === undefined ? {} : { apns }),
    ...(flags.project === undefined ? {} : { projectId: flags.project }),
  };
}

function parsePort(flag: string, text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > MAX_PORT) throw new Error(`${flag} must be 0 to ${MAX_PORT}`);
  return port;
}

async function readTls({ tls, key, cert, "ca-file": caFile }: Flags): Promise<boolean | Certificate> {
  if ((key === undefined) !== (cert === undefined)) throw new Error("--key and --cert go together");
  if (caFile !== undefined && (!tls || key !== undefined)) throw new Error("--ca-file goes with --tls, without --key");
  if (key === undefined || cert === undefined) return tls;
  const [keyText, certText] = await Promise.all([readFile(key, "utf8"), readFile(cert, "utf8")]);
  return { key: keyText, cert: certText };
}

async function readTeam(flags: Flags): Promise<ApnsTeam | undefined> {
  const [file, keyId, teamId] = [flags["apns-key"], flags["apns-key-id"], flags["apns-team-id"]];
  if (file === undefined && keyId === undefined && teamId === undefined) return undefined;
  if (file !== undefined && keyId !== undefined && teamId !== undefined) {
    return { teamId, keys: { [keyId]: await readFile(file, "utf8") } };
  }
  throw new Error("--apns-key, --apns-key-id and --apns-team-id go together");
}

/** The faults of a file; `addFault` checks their content. */
async function readScript(file: string): Promise<readonly FaultScript[]> {
  const text = await readFile(file, "utf8");
  try {
    return [JSON.parse(text)].flat();
  } catch (error) {
    throw new Error(`--script ${file} is not JSON: ${String(error)}`, { cause: error });
  }
}
