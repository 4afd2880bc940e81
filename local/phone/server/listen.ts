import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";

/** One server that listens on one port or several. */
export interface Listening {
  /** In the order asked for; an asked-for 0 became a free one. */
  readonly ports: readonly number[];
  /** Cuts every connection and frees the ports. */
  close(): Promise<void>;
}

/** Serves on every port of `host`; rejects when one is taken, and frees the others. */
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
