import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import firebaseConfig from "../../firebase.json" with { type: "json" };
import { functionsUrl } from "./demo.ts";
import { host, offset, ports, projectId } from "./ports.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The official emulators' output goes to this file: it is long, and only useful for faults. */
export const emulatorLog = join(root, ".stack", offset === 0 ? "emulators.log" : `emulators-${ports.functions}.log`);

/** The Functions, Auth and Pub/Sub emulators, in one process of the Firebase CLI. */
export interface OfficialEmulators {
  /** Rejects if they end before `stop`. */
  readonly crashed: Promise<never>;
  stop(): Promise<void>;
}

const environment = {
  FCM_EMULATOR_HOST: `${host}:${ports.fcm}`,
  APNS_EMULATOR_HOST: `${host}:${ports.apns}`,
  FIRESTORE_EMULATOR_HOST: `${host}:${ports.firestore}`,
  PBX_API_URL: `${functionsUrl}/pbx`,
  // The stack does not run on Google Cloud: a look-up of the metadata server only causes a warning.
  METADATA_SERVER_DETECTION: "none",
  // The Functions emulator asks npm for newer versions; without a network that would take ten seconds.
  npm_config_offline: "true",
  // The Functions emulator starts a process for each request at a time. Many at once need more than its 30 seconds, and less to compile.
  FUNCTIONS_DISCOVERY_TIMEOUT: "120",
  NODE_COMPILE_CACHE: join(root, ".stack", "compile-cache"),
};

/**
 * Starts Functions and Auth, and for Pub/Sub the official jar or, without `pubsubJar`, our own server. Resolves when every
 * function is loaded; rejects with the end of the log. Firestore runs separately: in `--only`, the CLI would need Java 21.
 */
export async function startOfficialEmulators(pubsubJar?: string): Promise<OfficialEmulators> {
  const pubsub = {
    PUBSUB_EMULATOR_BINARY_PATH: join(root, pubsubJar === undefined ? "local/pubsub/start" : "local/official/pubsub"),
    ...(pubsubJar !== undefined && { PUBSUB_EMULATOR_JAR: pubsubJar }),
  };
  mkdirSync(join(root, ".stack"), { recursive: true });
  const config = writeConfig();
  const group = spawn(
    process.execPath,
    [
      join(root, "local/stack/process-group.ts"),
      join(root, "node_modules/.bin/firebase"),
      "emulators:start",
      `--config=${config}`,
      `--project=${projectId}`,
      "--only=functions,auth,pubsub",
    ],
    { cwd: root, stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...environment, ...pubsub } },
  );
  const exited = once(group, "exit").finally(() => rmSync(config));
  let stopping = false;
  const crashed = exited.then(async () => {
    if (stopping) await new Promise<never>(() => undefined);
    throw new Error(`The official emulators ended. The end of ${emulatorLog}:\n${tail()}`);
  });
  // Not an unhandled rejection: callers await it later.
  crashed.catch(() => undefined);
  await Promise.race([allReady(group), crashed]);
  return {
    crashed,
    stop: async () => {
      stopping = true;
      group.stdin?.end();
      await exited;
    },
  };
}

/** firebase.json with the ports of this stack. It lies beside the original, since its paths are relative to its folder. */
function writeConfig(): string {
  const { functions, auth, pubsub } = ports;
  const emulators = {
    ...firebaseConfig.emulators,
    functions: { port: functions },
    auth: { port: auth },
    pubsub: { port: pubsub },
  };
  const path = join(root, `.firebase-${functions}.json`);
  writeFileSync(path, JSON.stringify({ ...firebaseConfig, emulators }));
  return path;
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
