import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** A TCP line to a local server that can be made to fail as networks do. */
export interface Line {
  /** `host:port` of its near end. */
  readonly host: string;
  readonly port: number;
  /** Connections are refused, and those there are reset. */
  refuse(): Promise<void>;
  /** Takes connections and bytes, and passes nothing on until it is mended. */
  hang(): void;
  /** Every piece takes so many milliseconds more. */
  slow(ms: number): void;
  /** Resets the connections that there are; new ones go through. */
  reset(): void;
  /** Everything goes through again, what was held back first. */
  mend(): Promise<void>;
  /** Calls back whenever a piece has come, in either direction, before it is passed on. */
  onEveryPiece(callback: () => void): void;
  /** Calls back when the n-th piece from now has come, in either direction, before it is passed on. */
  onPiece(nth: number, callback: () => void): void;
  close(): Promise<void>;
}

/** Opens a line on a free port of 127.0.0.1 to another port there. */
export async function openLine(farPort: number): Promise<Line> {
  const line = new TcpLine(farPort);
  await line.listen(0);
  return line;
}

class TcpLine implements Line {
  readonly #farPort: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #watchers: (() => void)[] = [];
  #gate = Promise.withResolvers<void>();
  #delayMs = 0;
  port = 0;

  constructor(farPort: number) {
    this.#farPort = farPort;
    this.#gate.resolve();
    this.#server = createServer({ noDelay: true }, (near) => this.#join(near));
  }

  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  async listen(port: number): Promise<void> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
    this.port = (this.#server.address() as AddressInfo).port;
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

  async mend(): Promise<void> {
    this.#delayMs = 0;
    this.#gate.resolve();
    if (!this.#server.listening) await this.listen(this.port);
  }

  onEveryPiece(callback: () => void): void {
    this.#watchers.push(callback);
  }

  onPiece(nth: number, callback: () => void): void {
    let left = nth;
    this.onEveryPiece(() => {
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
      for await (const piece of from) {
        for (const watch of this.#watchers) watch();
        await this.#gate.promise;
        if (this.#delayMs > 0) await delay(this.#delayMs);
        to.write(piece as Buffer);
      }
      to.end();
    } catch {
      // The sockets' own listeners see to it.
    }
  }
}
