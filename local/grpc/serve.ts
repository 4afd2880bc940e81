import type { RequestListener } from "node:http";

import {
  Server,
  ServerCredentials,
  status,
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type ServiceDefinition,
  type UntypedHandleCall,
} from "@grpc/grpc-js";
import type { PackageDefinition } from "@grpc/proto-loader";

import { openFront } from "./front.ts";

/** One RPC's implementation, of any of gRPC's four kinds. */
export type RpcHandler<Request, Response> =
  | handleUnaryCall<Request, Response>
  | handleClientStreamingCall<Request, Response>
  | handleServerStreamingCall<Request, Response>
  | handleBidiStreamingCall<Request, Response>;

/** The RPCs of one service that are implemented, by RPC name as the proto spells it (`Publish`). */
// oxlint-disable-next-line typescript/no-explicit-any -- as in grpc-js: each RPC has message types of its own
export type RpcHandlers = Record<string, RpcHandler<any, any>>;

/** What to serve and where; port 0 picks a free port. */
export interface ServeGrpcOptions {
  host: string;
  port: number;
  protos: PackageDefinition;
  /** Handlers by full service name, such as `google.pubsub.v1.Publisher`. */
  services: Record<string, RpcHandlers>;
  /** Answers plain HTTP/1.1 requests on the same port; without it they get 426 Upgrade Required. */
  http?: RequestListener;
}

/** A listening gRPC server. */
export interface GrpcServer {
  host: string;
  port: number;
  /** Ends open streams and connections and resolves once the port is free. */
  close(): Promise<void>;
}

// Firestore accepts requests of 10 MiB and Pub/Sub of 10 MB; the default limit of grpc-js is 4 MB.
const maxRequestBytes = 32 * 1024 * 1024;

/** Serves the listed gRPC services in clear text; an RPC without a handler answers UNIMPLEMENTED with its full name, a port in use rejects with an error that names it. */
export async function serveGrpc(options: ServeGrpcOptions): Promise<GrpcServer> {
  const { host, port, http = refuseHttp } = options;
  const server = buildServer(options);
  const grpc = server.createConnectionInjector(ServerCredentials.createInsecure());
  const front = await openFront({ host, port, grpc, http });
  return {
    host,
    port: front.port,
    close: async () => {
      server.forceShutdown();
      await front.close();
    },
  };
}

const refuseHttp: RequestListener = (_request, response) => {
  response.writeHead(426, { "content-type": "text/plain" }).end("This port speaks gRPC (HTTP/2 in clear text)\n");
};

function buildServer({ protos, services }: ServeGrpcOptions): Server {
  const server = new Server({ "grpc.max_receive_message_length": maxRequestBytes });
  for (const [name, handlers] of Object.entries(services)) {
    const definition = getService(protos, name);
    server.addService(definition, buildImplementation(name, definition, handlers));
  }
  return server;
}

function getService(protos: PackageDefinition, name: string): ServiceDefinition {
  const definition = protos[name];
  if (definition === undefined || "fileDescriptorProtos" in definition) {
    throw new TypeError(`The protos define no service ${name}`);
  }
  return definition;
}

function buildImplementation(service: string, definition: ServiceDefinition, handlers: RpcHandlers) {
  const unknown = Object.keys(handlers).filter((rpc) => definition[rpc] === undefined);
  if (unknown.length > 0) throw new TypeError(`${service} has no RPC ${unknown.join(", ")}`);
  return Object.fromEntries(
    Object.entries(definition).map(([rpc, method]) => [
      rpc,
      handlers[rpc] ?? buildUnimplemented(`${service}.${rpc}`, method.responseStream),
    ]),
  );
}

function buildUnimplemented(fullName: string, responseStream: boolean): UntypedHandleCall {
  const error = { code: status.UNIMPLEMENTED, details: `${fullName} is not implemented by this local server` };
  return responseStream
    ? (call: { emit(event: "error", cause: object): unknown }) => {
        call.emit("error", error);
      }
    : (_call: unknown, answer: (cause: object) => void) => {
        answer(error);
      };
}
