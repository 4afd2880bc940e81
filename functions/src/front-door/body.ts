import type { IncomingMessage } from "node:http";
import { InvalidRequest, TooManyRequests } from "../errors.ts";
import type { Place } from "../places.ts";
import { unreadBodyOf, type UnreadBody } from "./unread-body.ts";

/** The time that a body may take to arrive, in seconds. */
const maxSeconds = 5;

/** A body that has not arrived after this time, in milliseconds, is slow. */
const slowAfterMs = 100;

/** A body that the caller may judge by its headers before it reads it. */
export interface Body extends Pick<UnreadBody, "type" | "encoding"> {
  /**
   * Reads it; throws {@link InvalidRequest} if it is too long, takes too long, or its client is gone. Once it is slow it
   * needs a place, if `takePlace` is given; throws {@link TooManyRequests} if there is none.
   */
  read(takePlace?: () => Place | undefined): Promise<Buffer>;
}

/** The body of a request, not read yet; `undefined` if there is none. Throws {@link InvalidRequest} if it is too long. */
export function openBody(request: IncomingMessage, maxBytes: number): Body | undefined {
  const unread = unreadBodyOf(request);
  if (unread === undefined) return openParsedBody(request, maxBytes);
  if ((unread.length ?? 0) > maxBytes) throw tooLarge(maxBytes);
  return {
    ...unread,
    read: async (takePlace) => {
      unread.invite();
      const bytes = await collect(request, maxBytes, takePlace);
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

async function collect(
  request: IncomingMessage,
  maxBytes: number,
  takePlace?: () => Place | undefined,
): Promise<Buffer> {
  const whole = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let length = 0;
  const collectChunk = (chunk: Buffer) => {
    length += chunk.length;
    if (length > maxBytes) whole.reject(tooLarge(maxBytes));
    else chunks.push(chunk);
  };
  const timer = setTimeout(() => whole.reject(tooSlow()), maxSeconds * 1000);
  let place: Place | undefined;
  const requirePlace = () => {
    place = takePlace?.();
    if (place === undefined) return whole.reject(noPlace());
    place.signal.addEventListener("abort", () => whole.reject(noPlace()), { once: true });
  };
  const slow = takePlace && setTimeout(requirePlace, slowAfterMs);
  request
    .on("data", collectChunk)
    .once("end", () => whole.resolve(Buffer.concat(chunks)))
    .once("close", () => whole.reject(cutOff()));
  try {
    return await whole.promise;
  } finally {
    clearTimeout(timer);
    clearTimeout(slow);
    place?.release();
    request.off("data", collectChunk).pause();
  }
}

function tooLarge(maxBytes: number): InvalidRequest {
  return new InvalidRequest("body_too_large", `The body has more than ${maxBytes} bytes`);
}

function tooSlow(): InvalidRequest {
  return new InvalidRequest("body_timeout", `The body did not arrive within ${maxSeconds} seconds`);
}

function noPlace(): TooManyRequests {
  return new TooManyRequests("Too many bodies arrive slowly; retry the same request", 1);
}

function cutOff(): InvalidRequest {
  return new InvalidRequest("body_incomplete", "The connection closed before the end of the body");
}
