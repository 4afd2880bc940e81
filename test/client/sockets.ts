import type { WebSocketLike } from "../../packages/client/src/web-socket.ts";

type Listener = (event: { readonly data: unknown }) => void;

/** A socket to a PBX that never answers. */
export class SilentSocket implements WebSocketLike {
  readyState = 0;
  readonly #listeners = new Map<string, Listener[]>();

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  close(): void {
    this.become(3, "close");
  }

  /** The PBX sends a message. */
  hear(data: string): void {
    for (const listener of this.#listeners.get("message") ?? []) listener({ data });
  }

  protected become(readyState: number, type: "open" | "close"): void {
    if (this.readyState === 3) return;
    this.readyState = readyState;
    for (const listener of this.#listeners.get(type) ?? []) listener({ data: undefined });
  }
}

/** A socket to a PBX that accepts at once. */
export class OpenSocket extends SilentSocket {
  constructor() {
    super();
    queueMicrotask(() => this.become(1, "open"));
  }
}

/** A socket to a PBX that refuses. */
export class RefusedSocket extends SilentSocket {
  constructor() {
    super();
    queueMicrotask(() => this.become(3, "close"));
  }
}
