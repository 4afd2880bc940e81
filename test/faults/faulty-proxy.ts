import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { findFreePort } from "../../local/sockets.ts";

/** A TCP proxy to a local server that can fail as networks do. */
export interface FaultyProxy {
  /** `host:port` that it listens on. */
  readonly host: string;
  readonly port: number;
  /** Refuses new connections and resets the open ones. */
  refuse(): Promise<void>;
  /** Accepts connections and bytes, and forwards nothing until `recover`. */
  hang(): void;
  /** Delays every chunk by this time, in milliseconds. */
  slow(ms: number): void;
  /** Resets the open connections; new ones work. */
  reset(): void;
  /** Forwards everything again, first what was held back. */
  recover(): Promise<void>;
  /** Calls back for every chunk, in either direction, before it is forwarded. */
  onEveryChunk(callback: () => void): void;
  /** Calls back for the n-th chunk from now, in either direction, before it is forwarded. */
  onChunk(nth: number, callback: () => void): void;
  close(): Promise<void>;
}

/** Starts a proxy on a free port of 127.0.0.1 to another port there. */
export async function openProxy(farPort: number): Promise<FaultyProxy> {
  // While it refuses connections, the port must stay free.
  const proxy = new TcpProxy(await findFreePort(), farPort);
  await proxy.listen();
  return proxy;
}

class TcpProxy implements FaultyProxy {
  readonly #farPort: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #watchers: (() => void)[] = [];
  #gate = Promise.withResolvers<void>();
  #delayMs = 0;
  readonly port: number;

  constructor(port: number, farPort: number) {
    this.port = port;
    this.#farPort = farPort;
    this.#gate.resolve();
    this.#server = createServer({ noDelay: true }, (near) => this.#join(near));
  }

  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  async listen(): Promise<void> {
    await once(this.#server.listen(this.port, "127.0.0.1"), "listening");
  }

  async refuse(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    this.reset();
    await closed;
  }

  hang(): void {
    this.#gate = Promise.withResolvers();
  }

  slow(ms: number): void {
    this.#delayMs = ms;
  }

  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async recover(): Promise<void> {
    this.#delayMs = 0;
    this.#gate.resolve();
    if (!this.#server.listening) await this.listen();
  }

  onEveryChunk(callback: () => void): void {
    this.#watchers.push(callback);
  }

  onChunk(nth: number, callback: () => void): void {
    let left = nth;
    this.onEveryChunk(() => {
      left -= 1;
      if (left === 0) callback();
    });
  }

  async close(): Promise<void> {
    await this.refuse();
    this.#gate.resolve();
  }

  #join(near: Socket): void {
    const far = connect({ port: this.#farPort, host: "127.0.0.1", noDelay: true });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => other.resetAndDestroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      void this.#pump(socket, other);
    }
  }

  async #pump(from: Socket, to: Socket): Promise<void> {
    try {
      for await (const chunk of from) {
        for (const watch of this.#watchers) watch();
        await this.#gate.promise;
        if (this.#delayMs > 0) await delay(this.#delayMs);
        to.write(chunk as Buffer);
      }
      to.end();
    } catch {
      // The sockets' own listeners handle it.
    }
  }
}
