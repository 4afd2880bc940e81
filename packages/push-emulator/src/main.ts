#!/usr/bin/env node
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { demoApnsKey } from "./apns/demo-key.ts";
import { USAGE, parseCommandLine } from "./command-line.ts";
import type { PushEmulator, PushEmulatorOptions } from "./contract.ts";
import { startPushEmulator } from "./emulator.ts";

async function main(): Promise<void> {
  const command = parseCommandLine();
  if (command.showHelp) return void process.stdout.write(USAGE);
  if (command.showVersion) return void process.stdout.write(`${await readVersion()}\n`);
  const { options, faults } = await command.read();
  const emulator = await startPushEmulator(options);
  try {
    for (const fault of faults) emulator.addFault(fault);
    const caFile = await writeCa(emulator, command.caFile);
    process.stdout.write(describeStart(emulator, options, caFile));
    await Promise.race(["SIGINT", "SIGTERM"].map(async (signal) => once(process, signal)));
    if (caFile !== undefined && command.caFile === undefined) await rm(dirname(caFile), { recursive: true });
  } finally {
    await emulator.close();
  }
}

async function readVersion(): Promise<string> {
  return JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8")).version;
}

/** Writes the certificate to trust and returns its path; undefined if the emulator has not generated one. */
async function writeCa({ ca }: PushEmulator, wanted: string | undefined): Promise<string | undefined> {
  if (ca === undefined) return undefined;
  const file = wanted ?? join(await mkdtemp(join(tmpdir(), "push-emulator-")), "ca.pem");
  await writeFile(file, ca);
  return file;
}

function describeStart(
  { url, address, apns: { production, sandbox } }: PushEmulator,
  { tls, apns }: PushEmulatorOptions,
  caFile: string | undefined,
): string {
  const { keyId, teamId } = demoApnsKey;
  return [
    `Inbox page, and FCM:         ${url}/`,
    `APNs, HTTP/2 only:           ${production.url}, sandbox ${sandbox.url}`,
    `Point a sender at them:      FCM_EMULATOR_HOST=${address} APNS_EMULATOR_HOST=${production.address}`,
    ...(tls === false ? [] : [`By TLS, on the same ports:   https://${address}/`]),
    ...(caFile === undefined ? [] : [`The certificate to trust:    NODE_EXTRA_CA_CERTS=${caFile}`]),
    ...(apns === undefined
      ? [`APNs' demo key:              ${keyId} of team ${teamId}, ${url}/emulator/v1/apns/demo-key`]
      : []),
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
      return `The port is in use (${message}): another emulator may be running. Stop it, or choose other ports with --port and --apns-port.`;
    case "EACCES":
      return `No permission for the port (${message}): ports below 1024 need privileges. Choose others with --port and --apns-port.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `--host is not an address of this machine: ${message}`;
    case "ENOENT":
    case "invalid_fault":
    case "invalid_apns":
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
