import { once } from "node:events";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer, type Server as NetServer, type Socket } from "node:net";

import type { ConnectionInjector } from "@grpc/grpc-js";

/** Where to listen, and the servers for the connections. */
export interface FrontOptions {
  host: string;
  port: number;
  grpc: ConnectionInjector;
  http: RequestListener;
}

/** A listening TCP port. */
export interface Front {
  port: number;
  close(): Promise<void>;
}

/** Listens on one port for both gRPC and plain HTTP/1.1; a port in use rejects with an error that names it. */
export async function openFront({ host, port, grpc, http }: FrontOptions): Promise<Front> {
  const httpServer = createHttpServer(http);
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("close", () => sockets.delete(socket));
    // A client that resets its connection is not an error of the server.
    socket.on("error", () => socket.destroy());
    socket.once("data", (first: Buffer) => {
      socket.pause();
      socket.unshift(first);
      // Every HTTP/2 connection starts with "PRI * HTTP/2.0"; no HTTP/1.1 method starts like that.
      if (first.subarray(0, 3).toString("latin1") === "PRI") grpc.injectConnection(socket);
      else httpServer.emit("connection", socket);
      process.nextTick(() => socket.resume());
    });
  });
  return {
    port: await listen(listener, host, port),
    close: async () => {
      if (!listener.listening) return;
      const closed = once(listener, "close");
      listener.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function listen(listener: NetServer, host: string, port: number): Promise<number> {
  listener.listen(port, host);
  try {
    await once(listener, "listening");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE") {
      throw new Error(`Port ${port} on ${host} is in use: stop what listens there, or choose another port`, { cause });
    }
    throw new Error(`Cannot listen on port ${port} of ${host}`, { cause });
  }
  const address = listener.address();
  if (address === null || typeof address === "string") throw new TypeError(`No port was bound on ${host}`);
  return address.port;
}
