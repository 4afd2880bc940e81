import type { Readable } from "node:stream";

/** The client disconnected before its request was complete. */
export class ClientGone extends Error {}

/** Reads a whole request body; undefined if it is longer than `limit` bytes. */
export function readWhole(source: Readable, limit: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    // Created only for a client that really disconnected: an error costs more than the rest of a send.
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
