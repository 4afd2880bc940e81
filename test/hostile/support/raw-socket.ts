import { once } from "node:events";
import { connect } from "node:net";

/** One answer, as it came over the connection. */
export interface RawAnswer {
  readonly status: number;
  readonly body: string;
}

/** Writes bytes to a server unchanged, a piece at a time, and reads everything until the server closes the connection. */
export async function exchange(url: string, ...pieces: readonly (string | Buffer)[]): Promise<RawAnswer[]> {
  return (await open(url, pieces)).answers;
}

/**
 * The same for bytes that may be no complete request: closes the connection once the server has had the time to answer
 * another one.
 */
export async function exchangeJunk(url: string, ...pieces: readonly (string | Buffer)[]): Promise<RawAnswer[]> {
  const { socket, answers } = await open(url, pieces);
  for (let round = 0; round < 2; round += 1) await (await fetch(url)).arrayBuffer();
  socket.end();
  return answers;
}

async function open(url: string, pieces: readonly (string | Buffer)[]) {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  await once(socket, "connect");
  let read = "";
  socket.setEncoding("latin1").on("data", (data: string) => (read += data));
  // A server may reset the connection early; what it sent before still counts.
  socket.on("error", () => socket.destroy());
  // Not events.once(), which rejects at such an error.
  const closed = new Promise<void>((resolve) => void socket.once("close", () => resolve()));
  const answers = closed.then(() => splitAnswers(Buffer.from(read, "latin1").toString()));
  for (const piece of pieces) {
    if (socket.destroyed) break;
    await new Promise((written) => socket.write(piece, written));
  }
  return { socket, answers };
}

/** A request with the given headers, which also asks the server to close the connection. */
export function rawRequest(start: string, headers: readonly string[], body = ""): string {
  return `${start}\r\n${["Host: pbx", "Connection: close", ...headers].join("\r\n")}\r\n\r\n${body}`;
}

function splitAnswers(text: string): RawAnswer[] {
  return text
    .split(/(?=HTTP\/1\.1 \d{3} )/)
    .filter((part) => part.startsWith("HTTP/1.1 "))
    .map((part) => ({ status: Number(part.slice(9, 12)), body: part.slice(part.indexOf("\r\n\r\n") + 4) }));
}
