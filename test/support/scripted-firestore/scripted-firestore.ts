import type { Metadata } from "@grpc/grpc-js";
import { buildHandlers } from "../../../local/firestore/handlers.ts";
import type { Database } from "../../../local/firestore/database.ts";
import { Databases } from "../../../local/firestore/databases.ts";
import { deployedIndexes } from "../../../local/firestore/index-config.ts";
import type { Listener } from "../../../local/firestore/listener.ts";
import { firestoreProtos } from "../../../local/firestore/protos.ts";
import { serveGrpc } from "../../../local/grpc/serve.ts";
import { createClients, type Death } from "./clients.ts";
import { wrapListen, wrapStream, wrapUnary, type Handler, type Rpc } from "./handlers.ts";
import type { LoggedRequest } from "./request-log.ts";
import { collectionsOf, databaseOf, type Message } from "./requests.ts";
import { abortOnLocks, createFaultScript, buildLost, refused, type FaultScript } from "./fault-script.ts";

/** One database of a scripted Firestore, with its own documents, clock and faults. */
export interface ScriptedDatabase {
  readonly faults: FaultScript;
  /** Every request so far except Listen, in the order of arrival. */
  readonly requests: LoggedRequest[];
  /** The number of open listeners. */
  readonly listeners: () => number;
  /** Ends the open transactions, as Firestore does with those of dead clients after a while. */
  readonly endTransactions: () => void;
  /** Removes every document. */
  readonly reset: () => void;
}

/** The in-memory Firestore over gRPC, with scripted faults for everything that the real one may do to a client. */
export interface ScriptedFirestore {
  /** The value for FIRESTORE_EMULATOR_HOST. */
  readonly host: string;
  /** A database by its id, such as `(default)`; `now` is its clock, which counts only in the first call. */
  database(id: string, now?: () => number): ScriptedDatabase;
  /** Lets a client die; a client's name is the `firebaseVersion` in its settings. */
  dieAt(client: string, death: Death): void;
  /** Lets a client die at once. */
  kill(client: string): void;
  /** Calls `listener` when a client dies. */
  onDeath(client: string, listener: () => void): void;
  close(): Promise<void>;
}

interface Served extends ScriptedDatabase {
  readonly handlers: Record<string, Handler>;
  readonly script: ReturnType<typeof createFaultScript>;
  readonly databases: Databases;
  /** The project's databases with this id: one, unless projects share the id. */
  readonly known: Set<Database>;
}

const readRpcs = ["GetDocument", "ListDocuments", "ListCollectionIds"];
const writeRpcs = ["Commit", "BatchWrite"];
const unaryRpcs = [...readRpcs, ...writeRpcs, "BeginTransaction", "Rollback"];
const streamRpcs = ["BatchGetDocuments", "RunQuery", "RunAggregationQuery"];

/** Starts one on a free port; a database is created on first use. */
export async function startScriptedFirestore(): Promise<ScriptedFirestore> {
  const served = new Map<string, Served>();
  const clients = createClients();
  const find = (id: string, now?: () => number) => {
    const known = served.get(id) ?? serveDatabase(now);
    served.set(id, known);
    return known;
  };
  const findFor = (request: Message) => find(databaseOf(request).split("/").at(-1)!);
  const rpc = (name: string): Rpc => ({
    handler: (request) => findFor(request).handlers[name]!,
    run: (request, metadata, answer) =>
      handleRequest({ name, served: findFor(request), clients }, request, metadata, answer),
    keepStream: (metadata, cut) => {
      const client = clientOf(metadata);
      return clients.isDead(client) ? undefined : clients.onDeath(client, cut);
    },
  });
  const server = await serveGrpc({
    host: "127.0.0.1",
    port: 0,
    protos: firestoreProtos,
    services: {
      "google.firestore.v1.Firestore": {
        ...Object.fromEntries(unaryRpcs.map((name) => [name, wrapUnary(rpc(name))])),
        ...Object.fromEntries(streamRpcs.map((name) => [name, wrapStream(rpc(name))])),
        Listen: wrapListen(rpc("Listen")),
      },
    },
  });
  return {
    host: `${server.host}:${server.port}`,
    database: find,
    dieAt: clients.dieAt,
    kill: clients.kill,
    onDeath: clients.onDeath,
    close: () => server.close(),
  };
}

function serveDatabase(now: () => number = Date.now): Served {
  const databases = new Databases(now, deployedIndexes);
  const listeners = new Set<Listener>();
  const script = createFaultScript();
  const requests: LoggedRequest[] = [];
  const known = new Set<Database>();
  return {
    databases,
    known,
    endTransactions: () => {
      for (const { transactions } of known) transactions.endAll("The transaction has expired");
    },
    handlers: buildHandlers(databases, listeners) as Record<string, Handler>,
    script,
    faults: script.faults,
    requests,
    listeners: () => listeners.size,
    reset: () => databases.reset(),
  };
}

/** The SDK's user agent, which contains the `firebaseVersion` of its settings: `gccl/9.4.1 fire/<client>`. */
function clientOf(metadata: Metadata): string {
  return /fire\/(\S+)/.exec(String(metadata.get("x-goog-api-client")[0]))?.[1] ?? "";
}

interface Conducted {
  readonly name: string;
  readonly served: Served;
  readonly clients: ReturnType<typeof createClients>;
}

/**
 * Takes a request through delays, faults and deaths; `answer` performs it, or gets the error that prevents it, and returns
 * the function that answers the client.
 */
async function handleRequest(
  { name, served, clients }: Conducted,
  request: Message,
  metadata: Metadata,
  answer: (refusal?: object) => Promise<(loss?: object) => void>,
): Promise<void> {
  const client = clientOf(metadata);
  if (!clients.arrives(client)) return;
  const { script, requests, databases, known } = served;
  const database = databases.get(databaseOf(request));
  if (!known.has(database)) abortOnLocks(database, script.faults);
  known.add(database);
  const logged: LoggedRequest = { rpc: name, collections: collectionsOf(request, name), startedAt: performance.now() };
  requests.push(logged);
  const half = script.faults.delay() / 2;
  const fault = script.decide(name, request);
  const leave = script.enter(name, request);
  try {
    await script.admit();
    await passTime(half);
    // Reads of dead clients change nothing, but would hold locks.
    if (clients.isDead(client) && name !== "Commit") return;
    const tell = await answer(fault === "refuse" ? refused : undefined);
    await passTime(half);
    logged.answeredAt = performance.now();
    if (!clients.isDead(client)) tell(fault === "lose" ? buildLost(script.faults) : undefined);
  } finally {
    leave();
  }
}

async function passTime(ms: number): Promise<void> {
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}
