import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { InvalidRequest } from "../errors.ts";
import { openBody } from "../front-door/body.ts";

/** Ten times the longest input, 50 campaigns. */
const maxBytes = 32 * 1024;

/** No input has more than two levels; firebase-functions would recurse as deep as the stack allows. */
const maxDepth = 20;

const callableBody = z.strictObject({ data: z.unknown() });

/**
 * Reads the body of a callable, `{data: …}` and nothing else. Throws {@link InvalidRequest} if it is not one, and before it
 * reads a byte if the headers say so.
 */
export async function takeCallableBody(request: IncomingMessage): Promise<{ readonly data?: unknown }> {
  if (request.method !== "POST") throw new InvalidRequest("method_not_allowed", "The method must be POST");
  const body = openBody(request, maxBytes);
  if (body?.type?.split(";", 1)[0]?.trim().toLowerCase() !== "application/json") throw malformed();
  const { success, data } = callableBody.safeParse(parseJson(await body.read()));
  if (!success || !isPlain(data)) throw malformed();
  return data;
}

function malformed(): InvalidRequest {
  return new InvalidRequest("invalid_body", 'The body must be JSON of the form {"data": …}');
}

function parseJson(raw: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(raw));
  } catch {
    return undefined;
  }
}

/**
 * The protocol uses `@type` for numbers that JSON cannot express; we accept none. And firebase-functions copies an object key by
 * key: a `__proto__` would become what the copy inherits, past a schema that allows no such key.
 */
function hasRefusedKey(value: object): boolean {
  return Object.hasOwn(value, "@type") || Object.hasOwn(value, "__proto__");
}

function isPlain(body: object): boolean {
  let level: unknown[] = [body];
  for (let depth = 0; level.length > 0; depth += 1) {
    const objects = level.filter((value) => typeof value === "object" && value !== null);
    if (depth > maxDepth || objects.some(hasRefusedKey)) return false;
    level = objects.flatMap((value): unknown[] => Object.values(value));
  }
  return true;
}
