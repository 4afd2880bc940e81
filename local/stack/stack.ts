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

/** Starts everything, Firestore and Pub/Sub being ours or, with Java and a download, the official ones. Rejects when a port is taken. */
export async function startStack(options: { readonly useOfficialData: boolean }): Promise<Stack> {
  await requireFreePorts();
  writeDemoSecret();
  const closing: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  };
  try {
    const fcm = await startFcmEmulator({ host, port: ports.fcm });
    closing.push(() => fcm.close());
    if (!options.useOfficialData) {
      const firestore = await startFirestoreServer({ host, port: ports.firestore });
      closing.push(() => firestore.close());
    }
    const emulators = await startOfficialEmulators(options.useOfficialData ? official : embedded);
    closing.push(() => emulators.stop());
    const demoToken = await Promise.race([seedDemo(fcm), emulators.crashed]);
    return { fcm, demoToken, crashed: emulators.crashed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
