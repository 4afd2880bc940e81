import { parseArgs } from "node:util";

import { startPubsubServer } from "./server.ts";

const defaultPort = 8085;

await main();

async function main(): Promise<void> {
  const { host, port } = parseFlags(process.argv.slice(2));
  try {
    const server = await startPubsubServer({ host, port });
    const stop = () => void server.close();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
    // firebase-tools starts this in its own process group: when firebase-tools is killed, only the closed stdin ends it.
    if (process.env["PBX_PUSH_PROCESS_GROUP"] !== undefined) process.stdin.once("close", stop).resume();
    process.stdout.write(`Pub/Sub is listening on ${server.host}\n`);
  } catch (cause) {
    process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
    process.exitCode = 1;
  }
}

function parseFlags(args: string[]): { host: string; port: number } {
  const { values } = parseArgs({
    args,
    options: { host: { type: "string", default: "127.0.0.1" }, port: { type: "string", default: String(defaultPort) } },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new RangeError(`--port ${values.port} is not a port`);
  return { host: values.host, port };
}
