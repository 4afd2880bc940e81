import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { host, ports, projectId } from "./ports.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Where the official emulators' output goes: it is long, and of use only when something is wrong. */
export const emulatorLog = join(root, ".stack", "emulators.log");

/** The official emulators as one running command. */
export interface OfficialEmulators {
  /** Rejects when they end before they were asked to. */
  readonly crashed: Promise<never>;
  stop(): Promise<void>;
}

/** Which official emulators run, and how they and the functions find the rest. */
interface Selection {
  readonly only: string;
  readonly environment: Readonly<Record<string, string>>;
}

const common = {
  FCM_EMULATOR_HOST: `${host}:${ports.fcm}`,
  // Nothing here runs on Google Cloud; asking its metadata server only ends in a warning.
  METADATA_SERVER_DETECTION: "none",
};

/** Functions and Auth are the official ones, Firestore and Pub/Sub are ours: npm brings it all. */
export const embedded: Selection = {
  only: "functions,auth,pubsub",
  environment: {
    ...common,
    FIRESTORE_EMULATOR_HOST: `${host}:${ports.firestore}`,
    PUBSUB_EMULATOR_BINARY_PATH: join(root, "local/pubsub/start"),
  },
};

/** All but FCM are the official ones, which need Java 21 and a download. */
export const official: Selection = { only: "functions,auth,firestore,pubsub", environment: common };

/** Starts the official emulators and resolves when every function is loaded; rejects with the end of their log when that fails. */
export async function startOfficialEmulators({ only, environment }: Selection): Promise<OfficialEmulators> {
  mkdirSync(join(root, ".stack"), { recursive: true });
  const leashed = spawn(
    process.execPath,
    [
      join(root, "local/stack/leash.ts"),
      join(root, "node_modules/.bin/firebase"),
      "emulators:start",
      "--project",
      projectId,
      "--only",
      only,
    ],
    { cwd: root, stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...environment } },
  );
  const exited = once(leashed, "exit");
  let stopping = false;
  const crashed = exited.then(async () => {
    if (stopping) await new Promise<never>(() => undefined);
    throw new Error(`The official emulators ended. The end of ${emulatorLog}:\n${tail()}`);
  });
  // Whoever waits for it hears of it; until then it is no unhandled rejection.
  crashed.catch(() => undefined);
  await Promise.race([allReady(leashed), crashed]);
  return {
    crashed,
    stop: async () => {
      stopping = true;
      leashed.stdin?.end();
      await exited;
    },
  };
}

async function allReady({ stdout, stderr }: ChildProcess): Promise<void> {
  if (stdout === null || stderr === null) throw new Error("The emulators have no output to read");
  const log = createWriteStream(emulatorLog);
  stderr.pipe(log, { end: false });
  const ready = Promise.withResolvers<void>();
  createInterface({ input: stdout }).on("line", (line) => {
    log.write(`${line}\n`);
    if (line.includes("All emulators ready")) ready.resolve();
  });
  await ready.promise;
}

function tail(): string {
  return readFileSync(emulatorLog, "utf8").trimEnd().split("\n").slice(-15).join("\n");
}
