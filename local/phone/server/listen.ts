import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";

/** A server that listens on one or more ports. */
export interface Listening {
  /** In the requested order; 0 is replaced by the free port. */
  readonly ports: readonly number[];
  /** Cuts every connection and frees the ports. */
  close(): Promise<void>;
}

/** Listens on all `ports` of `host`; if one is taken, frees the others and rejects. */
export async function listen(onRequest: RequestListener, host: string, ports: readonly number[]): Promise<Listening> {
  const servers: Server[] = [];
  const close = async () => {
    await Promise.all(servers.map(closeServer));
  };
  try {
    for (const port of ports) {
      const server = createServer(onRequest);
      await once(server.listen(port, host), "listening");
      servers.push(server);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { ports: servers.map(portOf), close };
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close().closeAllConnections();
  await closed;
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address === "object" && address !== null) return address.port;
  throw new Error("the server has no TCP address");
}
