// https://docs.cloud.google.com/run/docs/container-contract
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { findFreePort, waitForPort } from "../local/sockets.ts";

/** How to run a function. */
export interface FunctionOptions {
  /** Plain HTTP requests, or CloudEvents from Eventarc. */
  readonly signatureType: "http" | "cloudevent";
  /** Its environment variables; of this process's it inherits only `PATH`. */
  readonly environment: Readonly<Record<string, string>>;
  /** The folder that it is loaded from; default `functions`. */
  readonly source?: string;
  /** Default: any free port. */
  readonly port?: number;
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

// When the parent ends for any reason, the pipe closes and this process exits.
const endWithParent = `data:text/javascript,process.stdin.on("close", () => process.exit()).resume().unref();`;

/**
 * Starts a built function and resolves once it accepts connections. It sends no request: for some functions that would be a
 * trigger. Rejects with the function's output if it exits before.
 */
export async function startFunction(name: string, options: FunctionOptions): Promise<FunctionProcess> {
  for (;;) {
    const port = options.port ?? (await findFreePort());
    const started = launch(name, options, port);
    if (await waitForPort(port, started.exited)) return started;
    // Another process may have taken the port in between.
    if (options.port === undefined && started.output().includes("EADDRINUSE")) continue;
    throw new Error(`${name} did not start:\n${started.output()}`);
  }
}

function launch(
  name: string,
  { signatureType, environment, priority, flags = [], source = "functions" }: FunctionOptions,
  port: number,
): FunctionProcess {
  const args = [`--target=${name}`, `--signature-type=${signatureType}`, `--source=${source}`, `--port=${port}`];
  const child = spawn(process.execPath, ["--import", endWithParent, ...flags, framework, ...args], {
    cwd: root,
    stdio: ["pipe", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], NODE_ENV: "production", FUNCTION_TARGET: name, K_SERVICE: name, ...environment },
  });
  if (priority !== undefined && child.pid !== undefined) setPriority(child.pid, priority);
  const exited = once(child, "exit").then(() => undefined);
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await exited;
  };
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    exited,
    output: collectOutput(child),
    kill: () => end("SIGKILL"),
    stop: async () => {
      const timer = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
      await end("SIGTERM");
      clearTimeout(timer);
    },
  };
}

function collectOutput({ stdout, stderr }: ChildProcess): () => string {
  const pieces: string[] = [];
  for (const stream of [stdout, stderr]) stream?.setEncoding("utf8").on("data", (piece: string) => pieces.push(piece));
  return () => pieces.join("");
}
