import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";

/** A child process, whose costs can be measured alone. */
export interface Child<Result> {
  readonly pid: number;
  /** The next result it reports. Rejects when it ends without one. */
  next(): Promise<Result>;
  /** Kills it. */
  stop(): Promise<void>;
}

/** Starts a script that takes its input with {@link readInput} and answers with {@link report}. */
export function startChild<Result>(script: URL, input: object, flags: readonly string[] = []): Child<Result> {
  const child = fork(script, [JSON.stringify(input)], {
    execArgv: [...flags],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const errors: string[] = [];
  child.stderr?.setEncoding("utf8").on("data", (text: string) => errors.push(text));
  const exited = once(child, "exit");
  return {
    pid: child.pid ?? 0,
    next: async () => {
      const result = await Promise.race([nextMessage<Result>(child), exited]);
      if (Array.isArray(result)) throw new Error(`${script.pathname} ended early:\n${errors.join("").slice(-2000)}`);
      return result;
    },
    stop: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** Runs a script until its first result. */
export async function runChild<Result>(script: URL, input: object, flags: readonly string[] = []): Promise<Result> {
  const child = startChild<Result>(script, input, flags);
  try {
    return await child.next();
  } finally {
    await child.stop();
  }
}

/** The input of this child process. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the script names the type that its parent passes
export function readInput<Input>(): Input {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by startChild, in this repository
  return JSON.parse(process.argv[2] ?? "{}") as Input;
}

/** Sends a result to the parent process. */
export function report(result: object): void {
  process.send?.(result);
}

async function nextMessage<Result>(child: ChildProcess): Promise<Result> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- sent by report, in this repository
  return ((await once(child, "message")) as [Result])[0];
}
