import { once } from "node:events";
import { connect } from "node:net";

/** An answer to a request that was not sent to its end. */
export interface EarlyAnswer {
  readonly status: number;
  /** Whether `100 Continue` came before it. */
  readonly isInvited: boolean;
  readonly head: string;
  readonly body: string;
  /** Milliseconds from the connection to the answer. */
  readonly answeredMs: number;
  /** Milliseconds from the connection to its end. */
  readonly closedMs: number;
}

/** Longer than a body may take, also on a busy machine; a server that has not closed by then waits for the body. */
const patienceMs = 20_000;

/**
 * Writes pieces of a request on a connection of its own, as fast as the server takes them, and then nothing more.
 * Resolves when the server closes the connection; rejects when it has not for twenty seconds.
 */
export async function leaveUnfinished(
  url: string,
  ...pieces: readonly (string | Buffer | Iterable<Buffer>)[]
): Promise<EarlyAnswer> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  const startedAt = performance.now();
  let read = "";
  let answeredMs = 0;
  socket.setEncoding("latin1").on("data", (data: string) => {
    answeredMs ||= performance.now() - startedAt;
    read += data;
  });
  // The server may reset the connection; what it sent before still counts.
  socket.on("error", () => socket.destroy());
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    socket.destroy();
  }, patienceMs);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await once(socket, "connect");
  for (const piece of pieces) {
    if (typeof piece === "string" || Buffer.isBuffer(piece)) socket.write(piece);
    else await writeWhileTaken(socket, piece);
  }
  await closed;
  const closedMs = performance.now() - startedAt;
  clearTimeout(timer);
  if (isLate) throw new Error(`The server waits for the body; so far it has sent: ${read.slice(0, 200)}`);
  const interim = "HTTP/1.1 100 Continue\r\n\r\n";
  const isInvited = read.startsWith(interim);
  const [head = "", body = ""] = (isInvited ? read.slice(interim.length) : read).split("\r\n\r\n", 2);
  return { status: Number(head.slice(9, 12)), isInvited, head, body, answeredMs, closedMs };
}

async function writeWhileTaken(socket: ReturnType<typeof connect>, pieces: Iterable<Buffer>): Promise<void> {
  const closing = new AbortController();
  socket.once("close", () => closing.abort());
  for (const piece of pieces) {
    if (socket.destroyed) return;
    if (!socket.write(piece)) await once(socket, "drain", { signal: closing.signal }).catch(() => undefined);
  }
}

/** The head of a request; `headers` name its body. */
export function buildHead(start: string, headers: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${start} HTTP/1.1\r\nHost: pbx\r\n${lines.join("")}\r\n`;
}
