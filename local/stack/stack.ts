import { buildFunctions } from "../build-functions.ts";
import { startFcmEmulator, type FcmEmulator } from "../../packages/push-emulator/src/emulator.ts";
import { deployedIndexes } from "../firestore/index-config.ts";
import { startFirestoreServer } from "../firestore/server.ts";
import { startHub, type Hub } from "../pbx/hub.ts";
import { createSimulatedPbx } from "../pbx/simulated-pbx.ts";
import { buildPhonePage } from "../phone/build.ts";
import { startPhoneServer } from "../phone/server.ts";
import type { DemoUser } from "../phone/wire.ts";
import { demo, functionsUrl, secondDemo } from "./demo.ts";
import { seedDemo } from "./demo-data.ts";
import { writeDemoSecret } from "./demo-secret.ts";
import { embedded, official, startOfficialEmulators } from "./emulators.ts";
import { host, ports, projectId, requireFreePorts } from "./ports.ts";
import { startMinuteJob } from "./scheduler.ts";

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
  Object.assign(process.env, clientEnvironment);
  onProgress("building the functions and the phone's page");
  await Promise.all([buildFunctions(), buildPhonePage()]);
  onProgress("FCM emulator, Firestore, the PBX's WebSocket hub");
  const closing: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  };
  try {
    const fcm = await startFcmEmulator({ host, port: ports.fcm });
    closing.push(() => fcm.close());
    const hub = await startHub({ host, port: ports.hub });
    closing.push(() => hub.close());
    if (!useOfficialData) {
      const firestore = await startFirestoreServer({ host, port: ports.firestore, indexes: deployedIndexes });
      closing.push(() => firestore.close());
    }
    onProgress("functions, Auth, Pub/Sub (the official emulators take about twenty seconds)");
    const emulators = await startOfficialEmulators(useOfficialData ? official : embedded);
    closing.push(() => emulators.stop());
    onProgress("a demo user with a phone and a line");
    const demoToken = await Promise.race([seedDemo(fcm), emulators.crashed]);
    const stopMinuteJob = startMinuteJob();
    closing.push(async () => stopMinuteJob());
    const phone = await startPhone(hub, fcm, demoToken);
    closing.push(() => phone.close());
    return { fcm, demoToken, crashed: emulators.crashed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Where Google's clients look for an emulator, and that there is no metadata server, which they would warn about. */
const clientEnvironment = {
  FIRESTORE_EMULATOR_HOST: `${host}:${ports.firestore}`,
  METADATA_SERVER_DETECTION: "none",
};

/** The virtual phone's page, with a PBX to call it from. */
async function startPhone(hub: Hub, fcm: FcmEmulator, token: string): Promise<{ close(): Promise<void> }> {
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
      users: [buildUser(demo), buildUser(secondDemo)],
      demoPhone: { deviceId: demo.deviceId, token },
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
