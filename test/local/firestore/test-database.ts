import { randomUUID } from "node:crypto";

import { Firestore } from "firebase-admin/firestore";

import { startFirestoreServer, type FirestoreServer } from "../../../local/firestore/server.ts";

/** The official emulator's `host:port` when the suites run on it, which `npm run test:parity` does. */
export const official = process.env["OFFICIAL_FIRESTORE"];

/** The options of a test that asks for what the official emulator lacks. */
export function oursAlone(reason: string): { skip: string | false } {
  return { skip: official === undefined ? false : reason };
}

/** A server of its own and a client of it. */
export interface TestDatabase {
  server: FirestoreServer;
  db: Firestore;
  /** Another client, of another project unless one is named, made by another copy of the SDK if need be. */
  connect(projectId?: string, Sdk?: typeof Firestore): Firestore;
  close(): Promise<void>;
}

/** Connects the Admin SDK to a server of ours on a free port, or to the official emulator. */
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
      // Even when a failed test has left a listener behind, the process must end.
      await Promise.allSettled(clients.map(async (client) => client.terminate()));
      await server.close();
    },
  };
}

// Without it the SDK looks for a metadata server first, which takes seconds where there is no network.
const auth = { getUniverseDomain: async () => "googleapis.com" };

function describeOfficial(host: string): FirestoreServer {
  const refuse = () => {
    throw new Error("The official emulator cannot do that");
  };
  return { host, port: Number(host.split(":")[1]), listeners: refuse, reset: refuse, close: async () => undefined };
}
