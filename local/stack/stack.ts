import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startFcmEmulator, type FcmEmulator } from "../fcm/emulator.ts";
import { startFirestoreServer } from "../firestore/server.ts";
import { seedDemo, writeDemoSecret } from "./demo-data.ts";
import { embedded, official, startOfficialEmulators } from "./emulators.ts";
import { host, ports, requireFreePorts } from "./ports.ts";

/** The whole service on this machine, with a demo user, line and phone. */
export interface Stack {
  readonly fcm: FcmEmulator;
  /** The FCM registration token of the demo phone. */
  readonly demoToken: string;
  /** Rejects when a part of the stack ends by itself. */
  readonly crashed: Promise<never>;
  stop(): Promise<void>;
}

/** How to start it. */
export interface StackOptions {
  /** Firestore and Pub/Sub as the official emulators, which need Java and a download, instead of ours. */
  readonly useOfficialData: boolean;
  /** Hears what is being done, since some of it takes a while. */
  readonly onProgress?: (doing: string) => void;
}

/** Builds the functions and starts everything. Rejects when a port is taken, before anything is touched. */
export async function startStack({ useOfficialData, onProgress = () => undefined }: StackOptions): Promise<Stack> {
  await requireFreePorts();
  writeDemoSecret();
  onProgress("building the functions");
  await buildFunctions();
  onProgress("FCM emulator, Firestore");
  const closing: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  };
  try {
    const fcm = await startFcmEmulator({ host, port: ports.fcm });
    closing.push(() => fcm.close());
    if (!useOfficialData) {
      const firestore = await startFirestoreServer({ host, port: ports.firestore });
      closing.push(() => firestore.close());
    }
    onProgress("functions, Auth, Pub/Sub (the official emulators take about twenty seconds)");
    const emulators = await startOfficialEmulators(useOfficialData ? official : embedded);
    closing.push(() => emulators.stop());
    onProgress("a demo user with a phone and a line");
    const demoToken = await Promise.race([seedDemo(fcm), emulators.crashed]);
    return { fcm, demoToken, crashed: emulators.crashed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function buildFunctions(): Promise<void> {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  await promisify(execFile)("npm", ["run", "--silent", "build"], { cwd: root });
}
