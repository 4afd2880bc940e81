import { Firestore } from "@google-cloud/firestore";
import { startEmulators, type Emulators } from "./emulators.ts";

/** The emulators, and a client of their database, separate from the functions' clients. */
export interface Backends extends Emulators {
  readonly db: Firestore;
}

/** Starts the emulators as {@link startEmulators} does, and opens a client of their database. */
export async function startBackends(...options: Parameters<typeof startEmulators>): Promise<Backends> {
  const emulators = await startEmulators(...options);
  const db = openDatabase(emulators.projectId, emulators.firestore.host);
  return {
    ...emulators,
    db,
    close: async () => {
      await db.terminate();
      await emulators.close();
    },
  };
}

/** A client of a Firestore server. Throws if FIRESTORE_EMULATOR_HOST is set, because the SDK would use that server. */
export function openDatabase(projectId: string, host: string): Firestore {
  const named = process.env["FIRESTORE_EMULATOR_HOST"];
  if (named !== undefined) throw new Error(`FIRESTORE_EMULATOR_HOST=${named} would be used in place of ${host}`);
  return new Firestore({ projectId, host, ssl: false, auth });
}

// Without this, the SDK looks for a metadata server first, which takes seconds without a network.
const auth = { getUniverseDomain: async () => "googleapis.com" };
