#!/usr/bin/env node
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

import type { Certificate } from "./certificate.ts";
import type { PushEmulator } from "./contract.ts";
import { DEFAULT_HOST, DEFAULT_PORT, startPushEmulator } from "./emulator.ts";
import type { FaultScript } from "./fault-script.ts";

const USAGE = `Usage: push-emulator [options]

  --host <address>    address to listen on; default: ${DEFAULT_HOST}
  --port <number>     default: ${DEFAULT_PORT}; 0 = any free port
  --project <id>      sends to any other project are answered 404
  --script <file>     faults at the start: JSON, one fault or a list, as for POST /emulator/v1/faults; may be repeated
  --tls               also serve TLS on the port, with a generated certificate for Google's hosts and this machine
  --ca-file <file>    where --tls writes the certificate to trust; default: a new folder in the system's temporary one
  --key <file>        with --cert: also serve TLS on the port, with this key
  --cert <file>       and this certificate
  --version           show the version
  --help              show this help
`;
const MAX_PORT = 65_535;

const OPTIONS = {
  host: { type: "string", default: DEFAULT_HOST },
  port: { type: "string", default: String(DEFAULT_PORT) },
  project: { type: "string" },
  script: { type: "string", multiple: true },
  tls: { type: "boolean", default: false },
  "ca-file": { type: "string" },
  key: { type: "string" },
  cert: { type: "string" },
  version: { type: "boolean", short: "v", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

function readFlags() {
  return parseArgs({ options: OPTIONS }).values;
}

type Flags = ReturnType<typeof readFlags>;

async function main(): Promise<void> {
  const flags = readFlags();
  if (flags.help) return void process.stdout.write(USAGE);
  if (flags.version) return void process.stdout.write(`${await readVersion()}\n`);
  const [tls, scripts] = await Promise.all([readTls(flags), Promise.all((flags.script ?? []).map(readScript))]);
  const emulator = await startPushEmulator({
    host: flags.host,
    port: parsePort(flags.port),
    tls,
    ...(flags.project === undefined ? {} : { projectId: flags.project }),
  });
  try {
    for (const fault of scripts.flat()) emulator.addFault(fault);
    const caFile = await writeCa(emulator, flags["ca-file"]);
    process.stdout.write(describeStart(emulator, tls !== false, caFile));
    await Promise.race(["SIGINT", "SIGTERM"].map(async (signal) => once(process, signal)));
    if (caFile !== undefined && flags["ca-file"] === undefined) await rm(dirname(caFile), { recursive: true });
  } finally {
    await emulator.close();
  }
}

async function readVersion(): Promise<string> {
  return JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8")).version;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > MAX_PORT) throw new Error(`--port must be 0 to ${MAX_PORT}`);
  return port;
}

async function readTls({ tls, key, cert, "ca-file": caFile }: Flags): Promise<boolean | Certificate> {
  if ((key === undefined) !== (cert === undefined)) throw new Error("--key and --cert go together");
  if (caFile !== undefined && (!tls || key !== undefined)) throw new Error("--ca-file goes with --tls, without --key");
  if (key === undefined || cert === undefined) return tls;
  const [keyText, certText] = await Promise.all([readFile(key, "utf8"), readFile(cert, "utf8")]);
  return { key: keyText, cert: certText };
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

/** Writes the certificate to trust and returns its path; undefined if the emulator has not generated one. */
async function writeCa({ ca }: PushEmulator, wanted: string | undefined): Promise<string | undefined> {
  if (ca === undefined) return undefined;
  const file = wanted ?? join(await mkdtemp(join(tmpdir(), "push-emulator-")), "ca.pem");
  await writeFile(file, ca);
  return file;
}

function describeStart({ url, address }: PushEmulator, speaksTls: boolean, caFile: string | undefined): string {
  return [
    `FCM emulator and inbox page: ${url}/`,
    `Point a sender at it:        FCM_EMULATOR_HOST=${address}`,
    ...(speaksTls ? [`By TLS, on the same port:    https://${address}/`] : []),
    ...(caFile === undefined ? [] : [`The certificate to trust:    NODE_EXTRA_CA_CERTS=${caFile}`]),
    "Make a phone:",
    `  curl -X POST ${url}/emulator/v1/registrations -d '{"platform":"android"}'`,
    "Ctrl-C stops it.",
    "",
  ].join("\n");
}

function explain(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "EADDRINUSE":
      return `The port is in use (${message}): another emulator may be running. Stop it, or choose another port with --port.`;
    case "EACCES":
      return `No permission for the port (${message}): ports below 1024 need privileges. Choose another with --port.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `--host is not an address of this machine: ${message}`;
    case "ENOENT":
    case "invalid_fault":
    case "unknown_field":
      return message;
    default:
      return `${message}\n${USAGE}`;
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
});
