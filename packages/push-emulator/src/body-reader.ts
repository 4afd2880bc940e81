import type { Readable } from "node:stream";

/** The client went away before its request was whole. */
export class ClientGone extends Error {}

/** Reads a request body to its end; undefined when it is longer than `limit` bytes. */
export function readWhole(source: Readable, limit: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    // An error costs more than all the rest of a send, so it is made only for a client that really left.
    const giveUp = (): void => reject(new ClientGone("the client closed the request"));
    // An oversized body is drained, not cut off: a client still writing would never read the answer.
    source.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limit) chunks.push(chunk);
    });
    source.once("end", () => {
      source.off("close", giveUp);
      if (length > limit) resolve(undefined);
      else resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
    });
    source.once("close", giveUp);
  });
}
