import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

const retryMs = 20;

// No system gives these ports to a server that listens on port 0 or to a client's connection (Linux from 32768, others from
// 49152), so a server that is restarted, or started with a chosen port, finds its port still free.
const [firstPort, portCount] = [20_000, 12_000];
let offset = Math.floor(Math.random() * portCount);

/** A port of 127.0.0.1 that is free for TCP and UDP, for a server that cannot listen on port 0; another at every call. */
export async function findFreePort(): Promise<number> {
  for (let tried = 0; tried < portCount; tried++) {
    offset = (offset + 1) % portCount;
    const port = firstPort + offset;
    if (await isFree(port)) return port;
  }
  throw new Error(`127.0.0.1 has no free port from ${firstPort} to ${firstPort + portCount - 1}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const socket = createSocket("udp4");
  try {
    await once(server.listen(port, "127.0.0.1"), "listening");
    socket.bind(port, "127.0.0.1");
    await once(socket, "listening");
    return true;
  } catch {
    return false;
  } finally {
    if (server.listening) await once(server.close(), "close");
    await once(socket.close(), "close");
  }
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
