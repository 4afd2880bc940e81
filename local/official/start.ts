import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { findFreePort } from "../sockets.ts";
import type { EmulatorKind } from "./find.ts";

const processGroup = fileURLToPath(new URL("../stack/process-group.ts", import.meta.url));

/** The start command of each emulator, and the output line that means that it is ready. */
const programs: Record<EmulatorKind, { readonly command: readonly string[]; readonly ready: string }> = {
  firestore: {
    command: ["com.google.cloud.datastore.emulator.firestore.CloudFirestore", "start"],
    ready: "Dev App Server is now running",
  },
  pubsub: { command: ["com.google.cloud.pubsub.testing.v1.Main"], ready: "Server started, listening on" },
};

/** An official emulator while it runs. */
export interface OfficialEmulator {
  /** `127.0.0.1:8080`, for FIRESTORE_EMULATOR_HOST and PUBSUB_EMULATOR_HOST. */
  readonly host: string;
  stop(): Promise<void>;
}

/** Starts an emulator, on a free port unless one is given; rejects with its output when it ends before it is ready. */
export async function startOfficial(
  kind: EmulatorKind,
  jar: string,
  { port, rules }: { port?: number; rules?: string } = {},
): Promise<OfficialEmulator> {
  const { command, ready } = programs[kind];
  // The emulators do not accept port 0.
  const host = `127.0.0.1:${port ?? (await findFreePort())}`;
  const options = ["--host=127.0.0.1", `--port=${host.split(":")[1]}`, ...(rules ? [`--rules=${rules}`] : [])];
  const emulator = spawn(process.execPath, [processGroup, "java", "-cp", jar, ...command, ...options], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  const exited = once(emulator, "exit");
  const output: string[] = [];
  const isUp = Promise.withResolvers<void>();
  for (const stream of [emulator.stdout, emulator.stderr]) {
    // Reads the output to its end: an emulator stops when it cannot write.
    createInterface({ input: stream }).on("line", (line) => {
      output.splice(0, output.length - 14);
      output.push(line);
      if (line.includes(ready)) isUp.resolve();
    });
  }
  const ended = exited.then(() => {
    throw new Error(`The official ${kind} emulator ended:\n${output.join("\n")}`);
  });
  await Promise.race([isUp.promise, ended]);
  ended.catch(() => undefined);
  return {
    host,
    stop: async () => {
      emulator.stdin.end();
      await exited;
    },
  };
}
