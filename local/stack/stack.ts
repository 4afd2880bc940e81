import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { buildFunctions } from "../build-functions.ts";
import { startPushEmulator, type PushEmulator } from "../../packages/push-emulator/src/emulator.ts";
import { deployedIndexes } from "../firestore/index-config.ts";
import { startFirestoreServer } from "../firestore/server.ts";
import { buildConsole } from "../console/build.ts";
import { startConsoleServer, type ConsoleServer } from "../console/server.ts";
import { startHub, type Hub } from "../pbx/hub.ts";
import { createSimulatedPbx } from "../pbx/simulated-pbx.ts";
import { buildPhonePage } from "../phone/build.ts";
import { startPhoneServer } from "../phone/server.ts";
import type { DemoUser } from "../phone/wire.ts";
import { demo, demoOperator, functionsUrl, secondDemo } from "./demo.ts";
import { seedDemo } from "./demo-data.ts";
import { addDemoOperator } from "./demo-operator.ts";
import { saveDemoSecret } from "./demo-secret.ts";
import { startOfficial } from "../official/start.ts";
import { startOfficialEmulators } from "./emulators.ts";
import { host, ports, projectId, requireFreePorts } from "./ports.ts";
import { startJobs } from "./scheduler.ts";

/** The whole service on this machine, with a demo user, line and phone. */
export interface Stack {
  readonly fcm: PushEmulator;
  /** The FCM registration token of the demo phone. */
  readonly demoToken: string;
  /** Rejects if a part of the stack ends before `stop`. */
  readonly crashed: Promise<never>;
  stop(): Promise<void>;
}

/** Options of the stack. */
export interface StackOptions {
  /** The jars of the official Firestore and Pub/Sub emulators, to run instead of ours. */
  readonly officialJars?: Readonly<Record<"firestore" | "pubsub", string>>;
  /** Called with each step of the start, because some take long. */
  readonly onProgress?: (doing: string) => void;
}

/** Builds the functions and starts everything. Rejects if a port is taken or a secret is another, before anything has changed. */
export async function startStack({ officialJars, onProgress = () => undefined }: StackOptions = {}): Promise<Stack> {
  await requireFreePorts();
  Object.assign(process.env, clientEnvironment);
  saveDemoSecret();
  onProgress("building the functions, the phone's page and the console");
  await Promise.all([buildFunctions(), buildPhonePage(), buildConsole()]);
  onProgress("FCM and APNs emulator, Firestore, the PBX's WebSocket hub");
  const closing: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  };
  try {
    const fcm = await startPushEmulator({
      host,
      port: ports.fcm,
      apnsPort: ports.apns,
      apnsSandboxPort: ports.apnsSandbox,
    });
    closing.push(() => fcm.close());
    const hub = await startHub({ host, port: ports.hub });
    closing.push(() => hub.close());
    if (officialJars === undefined) {
      const firestore = await startFirestoreServer({ host, port: ports.firestore, indexes: deployedIndexes });
      closing.push(() => firestore.close());
    } else {
      const options = {
        port: ports.firestore,
        rules: fileURLToPath(new URL("../../firestore.rules", import.meta.url)),
      };
      const firestore = await startOfficial("firestore", officialJars.firestore, options);
      closing.push(() => firestore.stop());
    }
    onProgress("functions, Auth, Pub/Sub (the official emulators take about twenty seconds)");
    const emulators = await startOfficialEmulators(officialJars?.pubsub);
    closing.push(() => emulators.stop());
    onProgress("a demo user with a phone and a line, and an operator");
    const [demoToken] = await Promise.race([Promise.all([seedDemo(fcm), addDemoOperator()]), emulators.crashed]);
    const stopJobs = startJobs();
    closing.push(async () => stopJobs());
    const phone = await startPhone(hub, fcm, demoToken);
    closing.push(() => phone.close());
    const operatorsConsole = await startConsole();
    closing.push(() => operatorsConsole.close());
    return { fcm, demoToken, crashed: emulators.crashed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Emulator addresses for Google's clients; without the metadata look-up, whose failure they warn about. */
const clientEnvironment = {
  FIRESTORE_EMULATOR_HOST: `${host}:${ports.firestore}`,
  METADATA_SERVER_DETECTION: "none",
};

/** The operators' console. */
async function startConsole(): Promise<ConsoleServer> {
  const authUrl = `http://${host}:${ports.auth}`;
  return startConsoleServer({ host, port: ports.console, projectId, functionsUrl, authUrl, operator: demoOperator });
}

/** The virtual phone's page, with a PBX to call it from. */
async function startPhone(hub: Hub, fcm: PushEmulator, token: string): Promise<{ close(): Promise<void> }> {
  const pbx = createSimulatedPbx({ pbxUrl: `${functionsUrl}/pbx`, key: demo.pbxKey, hub });
  const server = await startPhoneServer({
    host,
    port: ports.phone,
    browserPort: ports.phonePage,
    pbx,
    firestoreHost: `${host}:${ports.firestore}`,
    config: {
      projectId,
      functionsUrl,
      fcmUrl: fcm.url,
      authUrl: `http://${host}:${ports.auth}`,
      consoleUrl: `http://${host}:${ports.console}/`,
      users: [buildUser(demo), buildUser(secondDemo)],
      demoPhone: { deviceId: demo.deviceId, token },
      run: randomUUID(),
    },
  });
  return {
    close: async () => {
      await pbx.close();
      await server.close();
    },
  };
}

function buildUser({ email, password, exten }: typeof demo | typeof secondDemo): DemoUser {
  return { email, password, lines: [exten] };
}
