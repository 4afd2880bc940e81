// https://docs.cloud.google.com/run/docs/container-contract
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { answers, findFreePort } from "../local/sockets.ts";

/** How a function is run. */
export interface FunctionOptions {
  /** What a request to it is: a plain one, or an event of Eventarc's. */
  readonly signatureType: "http" | "cloudevent";
  /** The variables it has; of this process's own it gets none but `PATH`. */
  readonly environment: Readonly<Record<string, string>>;
  /** The folder it is loaded from; `functions` unless it is given. */
  readonly source?: string;
  /** Any free one unless it is given. */
  readonly port?: number;
  /** What Node itself is started with. */
  readonly flags?: readonly string[];
  /** Of its process, as `os.setPriority` takes it: for what in the cloud would take no time from anybody else. */
  readonly priority?: number;
}

/** A deployed function in a process of its own, on the framework that runs it in the cloud. */
export interface FunctionProcess {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  /** Resolves when the process has ended, however that came. */
  readonly exited: Promise<void>;
  /** Everything it has written so far, to either output. */
  output(): string;
  /** Ends it in the middle of whatever it does; resolves when it is gone. */
  kill(): Promise<void>;
  /** Ends it as the cloud does: asks, and after ten seconds asks no more. */
  stop(): Promise<void>;
}

const patienceMs = 10_000;
const root = fileURLToPath(new URL("../", import.meta.url));
const framework = fileURLToPath(import.meta.resolve("@google-cloud/functions-framework")).replace(
  /index\.js$/,
  "main.js",
);

// However the parent ends, its end of the pipe is closed, and nobody is left behind.
const endWithParent = `data:text/javascript,process.stdin.on("close", () => process.exit()).resume().unref();`;

/**
 * Starts a function, of `functions/lib` unless another folder is named, which has to be built, and resolves once it takes connections. No request is sent to
 * it: to some that would be a trigger. Rejects with what it has written when it ends before.
 */
export async function startFunction(name: string, options: FunctionOptions): Promise<FunctionProcess> {
  for (;;) {
    const port = options.port ?? (await findFreePort());
    const started = launch(name, options, port);
    if (await answers(port, started.exited)) return started;
    // Somebody else may have been given the port in between.
    if (options.port === undefined && started.output().includes("EADDRINUSE")) continue;
    throw new Error(`${name} has not started:\n${started.output()}`);
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
      const timer = setTimeout(() => child.kill("SIGKILL"), patienceMs);
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
