import assert from "node:assert/strict";
import { z } from "zod";
import type { Schema } from "../input/from-schema.ts";
import { isTooLong, type Received, type Sent } from "./http.ts";

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

/** One method of one path, as the OpenAPI document describes it. */
export interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}

/** `GET /openapi.json`. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const jsonType = "application/json";
const lost = z.object({ error: z.object({ code: z.enum(["not_found", "method_not_allowed"]), message: z.string() }) });
const parsers = new WeakMap<Schema, z.ZodType>();

/** The schema of an operation's JSON body. */
export function bodySchema({ requestBody }: Operation): Schema | undefined {
  return requestBody?.content?.[jsonType]?.schema;
}

/**
 * Fails unless the document names this answer for the request; for an unknown path or method the answer must be 404 or 405.
 */
export function requireDocumented(operation: Operation | undefined, sent: Sent, answer: Received): void {
  const { method, path } = sent;
  if (answer.status === 431) return assert.ok(isTooLong(sent));
  const described = operation?.responses[answer.status]?.content?.[jsonType]?.schema;
  const isLost = answer.status === 404 || answer.status === 405;
  assert.ok(described !== undefined || isLost, `${answer.status} is not documented: ${answer.text.slice(0, 500)}`);
  if (method === "HEAD") return assert.equal(answer.text, "");
  const wantsText = path.endsWith("?format=text");
  if (answer.type.startsWith("text/plain")) {
    assert.match(path, /format=text/);
    return assert.match(answer.text, /^[^\r\n]{1,300}\n$/);
  }
  // The document itself and the platform's own answers have no text form.
  assert.ok(!wantsText || path.startsWith("/openapi.json"), "the answer is not a line of text");
  assert.match(answer.type, /^application\/json/);
  const body: unknown = JSON.parse(answer.text);
  const isMisdirected = lost.safeParse(body).success;
  if (isLost && (described === undefined || isMisdirected)) return void lost.parse(body);
  if (described !== undefined) parserOf(described).parse(body);
}

function parserOf(schema: Schema): z.ZodType {
  const parser = parsers.get(schema) ?? z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  parsers.set(schema, parser);
  return parser;
}
