// https://docs.cloud.google.com/run/docs/container-contract
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setPriority } from "node:os";
import { fileURLToPath } from "node:url";

/** How to run a function. */
export interface FunctionOptions {
  /** Plain HTTP requests, or CloudEvents from Eventarc. */
  readonly signatureType: "http" | "cloudevent";
  /** Its environment variables; of this process's it inherits only `PATH`. */
  readonly environment: Readonly<Record<string, string>>;
  /** The folder that it is loaded from; default `functions`. */
  readonly source?: string;
  /** Flags for Node itself. */
  readonly flags?: readonly string[];
  /** For `os.setPriority`: in the cloud, the process would take no CPU time from the others. */
  readonly priority?: number;
}

/** A deployed function in its own process, on the framework that runs it in the cloud. */
export interface FunctionProcess {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  /** Resolves when the process has ended for any reason. */
  readonly exited: Promise<void>;
  /** Its stdout and stderr so far. */
  output(): string;
  /** Kills it at once (SIGKILL); resolves when it is gone. */
  kill(): Promise<void>;
  /** Stops it as the cloud does: SIGTERM, and SIGKILL after ten seconds. */
  stop(): Promise<void>;
}

const stopTimeoutMs = 10_000;
const root = fileURLToPath(new URL("../", import.meta.url));
const framework = fileURLToPath(import.meta.resolve("@google-cloud/functions-framework")).replace(
  /index\.js$/,
  "main.js",
);

// Tells the parent the port that the framework listens on, and exits when the parent ends for any reason.
const preload = `data:text/javascript,${encodeURIComponent(`
import { subscribe } from "node:diagnostics_channel";
subscribe("tracing:net.server.listen:asyncEnd", ({ server }) => process.send(server.address().port));
process.on("disconnect", () => process.exit());
process.channel.unref();
`)}`;

/**
 * Starts a built function on a free port and resolves once it accepts connections. It sends no request: for some functions
 * that would be a trigger. Rejects with the function's output if it exits before.
 */
export async function startFunction(
  name: string,
  { signatureType, environment, priority, flags = [], source = "functions" }: FunctionOptions,
): Promise<FunctionProcess> {
  const args = [`--target=${name}`, `--signature-type=${signatureType}`, `--source=${source}`, "--port=0"];
  const child = spawn(process.execPath, ["--import", preload, ...flags, framework, ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: { PATH: process.env["PATH"], NODE_ENV: "production", FUNCTION_TARGET: name, K_SERVICE: name, ...environment },
  });
  if (priority !== undefined && child.pid !== undefined) setPriority(child.pid, priority);
  const output = collectOutput(child);
  const exited = once(child, "exit").then(() => undefined);
  const port = await Promise.race([nextMessage(child), exited]);
  if (typeof port !== "number") throw new Error(`${name} did not start:\n${output()}`);
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await exited;
  };
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    exited,
    output,
    kill: () => end("SIGKILL"),
    stop: async () => {
      const timer = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
      await end("SIGTERM");
      clearTimeout(timer);
    },
  };
}

async function nextMessage(child: ChildProcess): Promise<unknown> {
  const [message]: unknown[] = await once(child, "message");
  return message;
}

function collectOutput({ stdout, stderr }: ChildProcess): () => string {
  const pieces: string[] = [];
  for (const stream of [stdout, stderr]) stream?.setEncoding("utf8").on("data", (piece: string) => pieces.push(piece));
  return () => pieces.join("");
}
