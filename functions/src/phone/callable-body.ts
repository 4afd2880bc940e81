import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { rawBodyOf, typeOf } from "../raw-body.ts";

/** Ten times the longest input, 50 campaigns. */
const maxBytes = 32 * 1024;

/** No input has more than two levels; firebase-functions would recurse as deep as the stack allows. */
const maxDepth = 20;

const callableBody = z.strictObject({ data: z.unknown() });

/** The body of a callable, `{data: …}` and nothing else; `undefined` if it is not one. */
export function parseCallableBody(request: IncomingMessage): { readonly data?: unknown } | undefined {
  const raw = rawBodyOf(request);
  const type = typeOf(request)?.split(";", 1)[0]?.trim().toLowerCase();
  if (raw === undefined || raw.length > maxBytes || type !== "application/json") return undefined;
  const { success, data: body } = callableBody.safeParse(parseJson(raw));
  return success && isPlain(body) ? body : undefined;
}

function parseJson(raw: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(raw));
  } catch {
    return undefined;
  }
}

/** The protocol uses `@type` for numbers that JSON cannot express; we accept none. */
function isPlain(body: object): boolean {
  let level: unknown[] = [body];
  for (let depth = 0; level.length > 0; depth += 1) {
    const objects = level.filter((value) => typeof value === "object" && value !== null);
    if (depth > maxDepth || objects.some((value) => Object.hasOwn(value, "@type"))) return false;
    level = objects.flatMap((value): unknown[] => Object.values(value));
  }
  return true;
}
