// Counts the operations that Google bills: https://firebase.google.com/docs/firestore/pricing
import { Databases } from "../../local/firestore/databases.ts";
import { deployedIndexes } from "../../local/firestore/index-config.ts";
import { buildHandlers } from "../../local/firestore/handlers.ts";
import { firestoreProtos } from "../../local/firestore/protos.ts";
import { serveGrpc } from "../../local/grpc/serve.ts";

/** How many documents were read, written and deleted. */
export interface Billed {
  reads: number;
  writes: number;
  deletes: number;
}

/** The number of index entries of an aggregation that are billed as one read. */
const entriesPerRead = 1000;

type Message = Record<string, any>;
type Handler = (call: Message, send?: (error: unknown, answer?: Message) => void) => void;

/** The in-memory Firestore, with counts of what it answered. */
export async function startCountingFirestore() {
  const databases = new Databases(Date.now, deployedIndexes);
  const bill = createBill();
  const counting = { queries: 0, requests: 0 };
  const gate = createGate();
  const handlers = buildHandlers(databases, new Set()) as Record<string, Handler>;
  const { BatchGetDocuments, RunQuery, RunAggregationQuery, Commit, ListDocuments } = handlers;
  const countRequests = ([name, handler]: [string, Handler]): [string, Handler] => [
    name,
    (call, send) => {
      counting.requests += 1;
      handler(call, send);
    },
  ];
  const server = await serveGrpc({
    host: "127.0.0.1",
    port: 0,
    protos: firestoreProtos,
    services: {
      "google.firestore.v1.Firestore": mapHandlers(countRequests, {
        ...handlers,
        BatchGetDocuments: watchStream(BatchGetDocuments!, (_, answers) => {
          for (const { found, missing } of answers) bill.add("reads", found?.name ?? missing);
        }),
        RunQuery: gate.hold(
          watchStream(RunQuery!, (request, answers) => {
            counting.queries += 1;
            const found = answers.filter(({ document }) => document !== undefined).length;
            bill.add("reads", collectionOf(request), Math.max(1, found));
          }),
        ),
        RunAggregationQuery: watchStream(RunAggregationQuery!, ({ structuredAggregationQuery }, [answer]) => {
          const [{ integerValue }] = Object.values<Message>(answer!["result"].aggregateFields) as [Message];
          const reads = Math.max(1, Math.ceil(Number(integerValue) / entriesPerRead));
          bill.add("reads", collectionOf(structuredAggregationQuery), reads);
        }),
        ListDocuments: watchAnswer(ListDocuments!, ({ collectionId }, { documents = [] }) => {
          bill.add("reads", collectionId, documents.length);
        }),
        Commit: gate.hold(
          watchAnswer(Commit!, ({ writes = [] }) => {
            for (const write of writes) {
              bill.add(write.delete ? "deletes" : "writes", write.delete ?? write.update.name);
            }
          }),
        ),
      }),
    },
  });
  return {
    host: `${server.host}:${server.port}`,
    /** The billed operations of each collection since the counts were cleared. */
    billed: bill.byCollection,
    /**
     * From now on queries and writes wait until so many of them are pending; a client that sends one after the other waits
     * forever.
     */
    answerAtOnce: gate.waitFor,
    /** The number of queries since the counts were cleared. */
    queries: () => counting.queries,
    /** The number of requests of any kind since the counts were cleared; a listener is one. */
    requests: () => counting.requests,
    clearCounts: () => {
      counting.queries = 0;
      counting.requests = 0;
      bill.clear();
    },
    clearDocuments: () => databases.reset(),
    close: () => server.close(),
  };
}

function mapHandlers(
  change: (handler: [string, Handler]) => [string, Handler],
  handlers: Record<string, Handler>,
): Record<string, Handler> {
  return Object.fromEntries(Object.entries(handlers).map(change));
}

function createGate() {
  let missing = 0;
  let { promise: opened, resolve: open } = Promise.withResolvers<void>();
  open();
  return {
    waitFor: (count: number) => {
      missing = count;
      ({ promise: opened, resolve: open } = Promise.withResolvers<void>());
    },
    hold:
      (handler: Handler): Handler =>
      (call, send) => {
        missing -= 1;
        if (missing <= 0) open();
        void opened.then(() => handler(call, send));
      },
  };
}

function createBill() {
  const byCollection: Record<string, Billed> = {};
  return {
    byCollection,
    add: (kind: keyof Billed, path: string, count = 1) => {
      const [collection = ""] = path.split("/documents/").at(-1)!.split("/");
      (byCollection[collection] ??= { reads: 0, writes: 0, deletes: 0 })[kind] += count;
    },
    clear: () => {
      for (const collection of Object.keys(byCollection)) delete byCollection[collection];
    },
  };
}

function collectionOf({ structuredQuery }: Message): string {
  return structuredQuery?.from?.[0]?.collectionId ?? "";
}

function watchStream(handler: Handler, watch: (request: Message, answers: Message[]) => void): Handler {
  return (call) => {
    const answers: Message[] = [];
    const { write, end } = call;
    call["write"] = (message: Message) => {
      answers.push(message);
      return write.call(call, message);
    };
    call["end"] = () => {
      watch(call["request"], answers);
      return end.call(call);
    };
    handler(call);
  };
}

function watchAnswer(handler: Handler, watch: (request: Message, answer: Message) => void): Handler {
  return (call, send) =>
    handler(call, (error, answer) => {
      if (!error) watch(call["request"], answer!);
      send?.(error, answer);
    });
}
