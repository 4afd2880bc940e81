import { randomUUID } from "node:crypto";

import { Firestore } from "firebase-admin/firestore";

import { startFirestoreServer, type FirestoreServer } from "../../../local/firestore/server.ts";

/** The `host:port` of the official emulator when the suites run on it, as `npm run test:parity` does. */
export const official = process.env["OFFICIAL_FIRESTORE"];

/** The options of a test for a feature that the official emulator lacks. */
export function skipOnOfficial(reason: string): { skip: string | false } {
  return { skip: official === undefined ? false : reason };
}

/** A server of its own and a client of it. */
export interface TestDatabase {
  server: FirestoreServer;
  db: Firestore;
  /** Another client, of another project and by another copy of the SDK if given. */
  connect(projectId?: string, Sdk?: typeof Firestore): Firestore;
  close(): Promise<void>;
}

/** Connects the Admin SDK to our server on a free port, or to the official emulator. */
export async function startTestDatabase(now?: () => number): Promise<TestDatabase> {
  const server = official === undefined ? await startFirestoreServer(now && { now }) : describeOfficial(official);
  const clients: Firestore[] = [];
  const connect = (projectId = `test-${randomUUID()}`, Sdk = Firestore) => {
    const client = new Sdk({ projectId, host: server.host, ssl: false, auth });
    clients.push(client);
    return client;
  };
  return {
    server,
    db: connect(),
    connect,
    close: async () => {
      // The process must end even when a failed test has left a listener open.
      await Promise.allSettled(clients.map(async (client) => client.terminate()));
      await server.close();
    },
  };
}

// Otherwise the SDK looks for a metadata server first, which takes seconds without a network.
const auth = { getUniverseDomain: async () => "googleapis.com" };

function describeOfficial(host: string): FirestoreServer {
  const refuse = () => {
    throw new Error("The official emulator does not support that");
  };
  return { host, port: Number(host.split(":")[1]), listeners: refuse, reset: refuse, close: async () => undefined };
}
