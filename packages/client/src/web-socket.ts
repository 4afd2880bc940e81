import type { ServerSettings } from "../../../functions/src/wire.ts";

/** The part of a WebSocket that the client uses: browsers, React Native, Node and the package `ws` all have it. */
export interface WebSocketLike {
  readonly readyState: number;
  addEventListener(type: "open" | "close" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  close(): void;
}

/** A WebSocket class, such as the global one. */
export type WebSocketConstructor = new (url: string) => WebSocketLike;

/** `readyState` of an open socket. */
const OPEN = 1;

/** Whether the socket is open, as far as this end knows. */
export function isOpen(socket: WebSocketLike | undefined): boolean {
  return socket?.readyState === OPEN;
}

/** A socket that is being opened. */
export interface OpeningWebSocket {
  readonly socket: WebSocketLike;
  /** Resolves when the socket is open; rejects when it closes first. */
  readonly opened: Promise<void>;
}

/** Starts to open a socket. */
export function openWebSocket(WebSocket: WebSocketConstructor, settings: ServerSettings): OpeningWebSocket {
  const url = buildUrl(settings);
  const socket = new WebSocket(url);
  const opened = new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    // Node and browsers give no more details than this.
    socket.addEventListener("close", () => reject(new Error(`${url} did not accept the connection`)));
  });
  // Without a listener the package `ws` throws an unhandled error; the close that follows is enough.
  socket.addEventListener("error", () => undefined);
  return { socket, opened };
}

function buildUrl({ serverAddress, serverPort, serverSSL }: ServerSettings): string {
  const isBareIpv6 = serverAddress.includes(":") && !serverAddress.startsWith("[");
  return `${serverSSL ? "wss" : "ws"}://${isBareIpv6 ? `[${serverAddress}]` : serverAddress}:${serverPort}`;
}
