import type { RequestListener } from "node:http";

import { serveGrpc } from "../grpc/serve.ts";
import { Databases } from "./databases.ts";
import { buildHandlers } from "./handlers.ts";
import type { IndexConfig } from "./index-config.ts";
import type { Listener } from "./listener.ts";
import { firestoreProtos } from "./protos.ts";

/** Where the server listens; by default on a free port of 127.0.0.1. */
export interface FirestoreServerOptions {
  host?: string;
  port?: number;
  /** Milliseconds since the Unix epoch, for update times and server timestamps; the machine's clock by default. */
  now?: () => number;
  /** The existing indexes: a query that needs another is refused. By default, every query is answered. */
  indexes?: IndexConfig;
}

/** A running in-memory Firestore. */
export interface FirestoreServer {
  /** `127.0.0.1:8080`, for FIRESTORE_EMULATOR_HOST. */
  host: string;
  port: number;
  /** How many Listen streams are open. */
  listeners(): number;
  /** Forgets the documents of one project, or of all. */
  reset(projectId?: string): void;
  /** Ends every open stream and frees the port. */
  close(): Promise<void>;
}

/** Starts an in-memory Firestore that speaks gRPC; a database is created at its first use. */
export async function startFirestoreServer(options: FirestoreServerOptions = {}): Promise<FirestoreServer> {
  const { host = "127.0.0.1", port = 0, now = Date.now, indexes } = options;
  const databases = new Databases(now, indexes);
  const listeners = new Set<Listener>();
  const server = await serveGrpc({
    host,
    port,
    protos: firestoreProtos,
    services: { "google.firestore.v1.Firestore": buildHandlers(databases, listeners) },
    http: buildHttp(databases),
  });
  return {
    host: `${server.host}:${server.port}`,
    port: server.port,
    listeners: () => listeners.size,
    reset: (projectId) => databases.reset(projectId),
    close: async () => {
      for (const listener of listeners) listener.close();
      listeners.clear();
      await server.close();
    },
  };
}

// https://firebase.google.com/docs/emulator-suite/connect_firestore#clear_your_database_between_tests
const clearPath = /^\/emulator\/v1\/projects\/([^/]+)\/databases\/[^/]+\/documents$/;

function buildHttp(databases: Databases): RequestListener {
  return (request, response) => {
    const [, projectId] = clearPath.exec(request.url ?? "") ?? [];
    if (request.method === "DELETE" && projectId !== undefined) {
      databases.reset(decodeURIComponent(projectId));
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    } else if (request.method === "GET" && request.url === "/") {
      response.writeHead(200, { "content-type": "text/plain" }).end("Ok\n");
    } else {
      const message = "This local Firestore speaks gRPC only: REST is not implemented";
      response.writeHead(501, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { code: 501, status: "UNIMPLEMENTED", message } }));
    }
  };
}
