import type { WebSocketConstructor, WebSocketLike } from "../../../../packages/client/src/web-socket.ts";

/** A phone's network: when it is lost, sockets close, and none opens. */
export class Network {
  readonly #sockets = new Set<WebSocketLike>();
  #isUp = false;

  get isUp(): boolean {
    return this.#isUp;
  }

  find(): void {
    this.#isUp = true;
  }

  lose(): void {
    this.#isUp = false;
    for (const socket of this.#sockets) socket.close();
  }

  /** The class of the sockets on this network. */
  buildWebSocket(): WebSocketConstructor {
    const admit = (socket: WebSocketLike) => this.#admit(socket);
    return class extends globalThis.WebSocket {
      constructor(url: string) {
        super(url);
        admit(this);
      }
    };
  }

  #admit(socket: WebSocketLike): void {
    if (!this.#isUp) return socket.close();
    this.#sockets.add(socket);
    socket.addEventListener("close", () => this.#sockets.delete(socket));
  }
}
