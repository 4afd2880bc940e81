import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

const retryMs = 20;

/** A free port of 127.0.0.1; another process may take it before it is used. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server that listens
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Waits until a port of 127.0.0.1 accepts connections; false if `ended` resolves first. */
export async function waitForPort(port: number, ended: Promise<void>): Promise<boolean> {
  const over = new AbortController();
  void ended.then(() => over.abort());
  while (!over.signal.aborted) {
    if (await acceptsConnections(port)) return true;
    await delay(retryMs);
  }
  return false;
}

/** Whether a port accepts connections. */
export async function acceptsConnections(port: number, host = "127.0.0.1"): Promise<boolean> {
  const socket = connect(port, host);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
