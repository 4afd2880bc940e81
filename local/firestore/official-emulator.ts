// The official Firestore emulator, a Java program: https://firebase.google.com/docs/emulator-suite/connect_firestore
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { findJavaVersion } from "../stack/java.ts";

const leash = fileURLToPath(new URL("../stack/leash.ts", import.meta.url));

/** A jar of the official emulator, and the oldest Java that runs it. */
interface Installed {
  readonly jar: string;
  readonly java: number;
}

/** Where a jar may be, the preferred place first. */
function findJars(): readonly Installed[] {
  const named = process.env["FIRESTORE_EMULATOR_JAR"];
  if (named !== undefined && named !== "") return [{ jar: named, java: 17 }];
  const cloudSdks = [
    process.env["CLOUDSDK_ROOT_DIR"] ?? "",
    "/usr/lib/google-cloud-sdk",
    join(homedir(), "google-cloud-sdk"),
  ];
  const ofCloudSdk = cloudSdks
    .filter((folder) => folder !== "")
    .map((folder) => ({
      jar: join(folder, "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar"),
      java: 17,
    }));
  return [...ofCloudSdk, ...findDownloads()].filter(({ jar }) => existsSync(jar));
}

/** What the Firebase CLI has downloaded, the newest first. */
function findDownloads(): readonly Installed[] {
  const folder = process.env["FIREBASE_EMULATORS_PATH"] || join(homedir(), ".cache/firebase/emulators");
  if (!existsSync(folder)) return [];
  const jars = readdirSync(folder).filter((name) => /^cloud-firestore-emulator-v.*\.jar$/.test(name));
  const newestFirst = jars.toSorted((a, b) => b.localeCompare(a, "en", { numeric: true }));
  return newestFirst.map((name) => ({ jar: join(folder, name), java: 21 }));
}

/** What there is to start, or why there is nothing. */
export type Found = { readonly jar: string } | { readonly missing: string };

/** Finds an official emulator that the Java on the PATH runs. */
export async function findOfficialFirestore(): Promise<Found> {
  const jars = findJars();
  const version = await findJavaVersion();
  const usable = jars.find(({ java }) => java <= version);
  if (usable !== undefined) return { jar: usable.jar };
  const java = version === 0 ? "no Java is installed" : `Java ${version} is installed`;
  const [first] = jars;
  if (first !== undefined) return { missing: `${first.jar} needs Java ${first.java}; ${java}` };
  return { missing: `no jar of the official Firestore emulator was found; ${java}` };
}

/** The official emulator while it runs. */
export interface OfficialFirestore {
  /** `host:port`, for `FIRESTORE_EMULATOR_HOST`. */
  readonly host: string;
  stop(): Promise<void>;
}

/** Starts the emulator on a free port of 127.0.0.1; rejects with its output when it ends before it is ready. */
export async function startOfficialFirestore(
  jar: string,
  { rules }: { rules?: string } = {},
): Promise<OfficialFirestore> {
  const port = await findFreePort();
  const main = ["-cp", jar, "com.google.cloud.datastore.emulator.firestore.CloudFirestore", "start"];
  const options = ["--host=127.0.0.1", `--port=${port}`, ...(rules === undefined ? [] : [`--rules=${rules}`])];
  const emulator = spawn(process.execPath, [leash, "java", ...main, ...options], { stdio: ["pipe", "pipe", "pipe"] });
  const exited = once(emulator, "exit");
  const output: string[] = [];
  const ready = Promise.withResolvers<void>();
  for (const stream of [emulator.stdout, emulator.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      output.push(line);
      if (line.includes("Dev App Server is now running")) ready.resolve();
    });
  }
  const ended = exited.then(() => {
    throw new Error(`The official Firestore emulator ended:\n${output.slice(-15).join("\n")}`);
  });
  await Promise.race([ready.promise, ended]);
  ended.catch(() => undefined);
  return {
    host: `127.0.0.1:${port}`,
    stop: async () => {
      emulator.stdin.end();
      await exited;
    },
  };
}

/** The emulator takes no port 0. */
async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("A TCP server has no port");
  return address.port;
}
