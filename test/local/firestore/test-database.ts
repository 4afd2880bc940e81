import { randomUUID } from "node:crypto";

import { Firestore } from "firebase-admin/firestore";

import { startFirestoreServer, type FirestoreServer } from "../../../local/firestore/server.ts";

/** A server of its own and a client of it. */
export interface TestDatabase {
  server: FirestoreServer;
  db: Firestore;
  /** Another client, of another project unless one is named, made by another copy of the SDK if need be. */
  connect(projectId?: string, Sdk?: typeof Firestore): Firestore;
  close(): Promise<void>;
}

/** Starts a server on a free port and connects the Admin SDK to it. */
export async function startTestDatabase(now?: () => number): Promise<TestDatabase> {
  const server = await startFirestoreServer(now === undefined ? {} : { now });
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
