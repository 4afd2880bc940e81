import { parseArgs } from "node:util";

import { DEFAULT_PORT, startFcmEmulator } from "./emulator.ts";

const USAGE = `Usage: npm run fcm-emulator -- [--host 127.0.0.1] [--port ${DEFAULT_PORT}]\n`;
const MAX_PORT = 65_535;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      host: { type: "string", default: "127.0.0.1" },
      port: { type: "string", default: String(DEFAULT_PORT) },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return void process.stdout.write(USAGE);
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > MAX_PORT) throw new Error(`--port must be 0 to ${MAX_PORT}`);
  const emulator = await startFcmEmulator({ host: values.host, port });
  process.stdout.write(describeStart(emulator.url, emulator.address));
  const stop = (): void => void emulator.close();
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
}

function describeStart(url: string, address: string): string {
  return [
    `FCM emulator and inbox page: ${url}/`,
    `Point a sender at it:        FCM_EMULATOR_HOST=${address}`,
    "Make a phone:",
    `  curl -X POST ${url}/emulator/v1/registrations -d '{"platform":"android"}'`,
    "Ctrl-C stops it.",
    "",
  ].join("\n");
}

function explain(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") {
    return `The port is in use (${message}): another FCM emulator may be running. Stop it, or choose another port with --port.`;
  }
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") return `--host names no address of this machine: ${message}`;
  return `${message}\n${USAGE}`;
}

main().catch((error: unknown) => {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
});
