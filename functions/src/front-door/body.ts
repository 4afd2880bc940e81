import type { IncomingMessage } from "node:http";
import { InvalidRequest } from "../errors.ts";
import { unreadBodyOf, type UnreadBody } from "./unread-body.ts";

/** The time that a body may take to arrive, in seconds. */
const maxSeconds = 5;

/** A body that the caller may judge by its headers before it reads it. */
export interface Body extends Pick<UnreadBody, "type" | "encoding"> {
  /** Reads it; throws {@link InvalidRequest} if it is too long, takes too long, or its client is gone. */
  read(): Promise<Buffer>;
}

/** The body of a request, not read yet; `undefined` if there is none. Throws {@link InvalidRequest} if it is too long. */
export function openBody(request: IncomingMessage, maxBytes: number): Body | undefined {
  const unread = unreadBodyOf(request);
  if (unread === undefined) return openParsedBody(request, maxBytes);
  if ((unread.length ?? 0) > maxBytes) throw tooLarge(maxBytes);
  return {
    ...unread,
    read: async () => {
      unread.invite();
      const bytes = await collect(request, maxBytes);
      unread.keepConnection();
      return bytes;
    },
  };
}

/** The Functions emulator serves all functions in one process when it debugs them: there the platform reads bodies. */
function openParsedBody(request: IncomingMessage, maxBytes: number): Body | undefined {
  const raw = "rawBody" in request && Buffer.isBuffer(request.rawBody) ? request.rawBody : undefined;
  if (raw === undefined || raw.length === 0) return undefined;
  if (raw.length > maxBytes) throw tooLarge(maxBytes);
  const { "content-type": type, "content-encoding": encoding } = request.headers;
  return { type, encoding, read: async () => raw };
}

async function collect(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const whole = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let length = 0;
  const collectChunk = (chunk: Buffer) => {
    length += chunk.length;
    if (length > maxBytes) whole.reject(tooLarge(maxBytes));
    else chunks.push(chunk);
  };
  const timer = setTimeout(() => whole.reject(tooSlow()), maxSeconds * 1000);
  request
    .on("data", collectChunk)
    .once("end", () => whole.resolve(Buffer.concat(chunks)))
    .once("close", () => whole.reject(cutOff()));
  try {
    return await whole.promise;
  } finally {
    clearTimeout(timer);
    request.off("data", collectChunk).pause();
  }
}

function tooLarge(maxBytes: number): InvalidRequest {
  return new InvalidRequest("body_too_large", `The body has more than ${maxBytes} bytes`);
}

function tooSlow(): InvalidRequest {
  return new InvalidRequest("body_timeout", `The body did not arrive within ${maxSeconds} seconds`);
}

function cutOff(): InvalidRequest {
  return new InvalidRequest("body_incomplete", "The connection closed before the end of the body");
}
