import { status } from "@grpc/grpc-js";

import { serveGrpc } from "../grpc/serve.ts";
import { systemClock, type Clock } from "./clock.ts";
import { RpcError } from "./rpc-error.ts";
import { buildPublisher, buildSubscriber } from "./services.ts";
import { Subscriptions } from "./subscriptions.ts";
import { Topics } from "./topics.ts";
import { pubsubProtos } from "./wire.ts";

/** Where to listen, and the clock for deadlines. */
export interface PubsubServerOptions {
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 0: any free port. */
  port?: number;
  /** Default: the machine's clock. */
  clock?: Clock;
  /** Topics that exist from the start, as `projects/{project}/topics/{topic}`. */
  topics?: readonly string[];
}

/** A running Pub/Sub server. */
export interface PubsubServer {
  /** `host:port`, as PUBSUB_EMULATOR_HOST and the client's `apiEndpoint` take it. */
  readonly host: string;
  readonly port: number;
  /** Number of unacked messages of all subscriptions. */
  unsettled(): number;
  /** Ends every stream and forgets every message. */
  close(): Promise<void>;
}

/** Starts an in-memory Pub/Sub server; a port in use rejects with an error that names the port. */
export async function startPubsubServer(options: PubsubServerOptions = {}): Promise<PubsubServer> {
  const { host = "127.0.0.1", port = 0, clock = systemClock } = options;
  const topics = new Topics(clock);
  for (const name of options.topics ?? []) topics.create({ name });
  const subscriptions = new Subscriptions(topics, clock);
  const server = await serveGrpc({
    host,
    port,
    protos: pubsubProtos,
    services: {
      "google.pubsub.v1.Publisher": buildPublisher(topics),
      "google.pubsub.v1.Subscriber": buildSubscriber(subscriptions),
      "google.pubsub.v1.SchemaService": {},
    },
  });
  return {
    host: `${server.host}:${server.port}`,
    port: server.port,
    unsettled: () => subscriptions.unsettled,
    close: async () => {
      subscriptions.close(new RpcError(status.UNAVAILABLE, "The local Pub/Sub server is stopping"));
      await server.close();
    },
  };
}
