import { ClientGone } from "./body-reader.ts";
import { buildJsonAnswer } from "./exchange.ts";
import type { Answer, Exchange } from "./exchange.ts";
import type { JsonObject } from "./json.ts";
import { isJsonObject } from "./json.ts";
import { RequestError } from "./request-error.ts";

/** A request to the emulator's own API, with the parts that all routes need parsed. */
export interface ApiRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The JSON body; an empty object if there is none. */
  readonly body: JsonObject;
  readonly exchange: Exchange;
}

/** One method on one path, in which `{name}` is a parameter; a route that answers by itself returns undefined. */
export interface Route {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly run: (request: ApiRequest) => Answer | undefined | Promise<Answer | undefined>;
}

const MAX_BODY_BYTES = 1024 * 1024;

/** A page of another local server, such as the virtual phone, may use the API. */
const CORS_HEADERS: Readonly<Record<string, string>> = { "access-control-allow-origin": "*" };
const PREFLIGHT: Answer = {
  status: 204,
  headers: {
    ...CORS_HEADERS,
    "access-control-allow-methods": "GET, POST, PATCH, DELETE",
    "access-control-allow-headers": "content-type, authorization",
    "access-control-max-age": "600",
  },
  body: "",
};

/** Answers requests by a table of routes; every error is answered as `{error:{code,message}}`. */
export function createRouter(routes: readonly Route[]): (exchange: Exchange) => Promise<void> {
  const table = routes.map((route) => ({ route, segments: route.path.split("/") }));
  return async (exchange) => {
    try {
      const answer = await answerFrom(table, exchange);
      if (answer !== undefined) exchange.answer({ ...answer, headers: { ...CORS_HEADERS, ...answer.headers } });
    } catch (error) {
      if (error instanceof ClientGone) return;
      const answer = translate(error);
      exchange.answer({ ...answer, headers: { ...CORS_HEADERS, ...answer.headers } });
    }
  };
}

type Table = readonly { readonly route: Route; readonly segments: readonly string[] }[];

async function answerFrom(table: Table, exchange: Exchange): Promise<Answer | undefined> {
  const [path = "/", ...query] = exchange.target.split("?");
  if (exchange.method === "OPTIONS") return PREFLIGHT;
  const segments = path.split("/").map(decodeSegment);
  const here = table.filter((entry) => matches(entry.segments, segments));
  const found = here.find(({ route }) => route.method === exchange.method);
  if (found === undefined) throw refuseUnrouted(here.map(({ route }) => route.method));
  return found.route.run({
    params: collectParams(found.segments, segments),
    query: new URLSearchParams(query.join("?")),
    body: exchange.method === "GET" ? {} : await readJson(exchange),
    exchange,
  });
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new RequestError(400, "invalid_path", "the path is not valid percent-encoding");
  }
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, index) => part.startsWith("{") || part === segments[index])
  );
}

function collectParams(pattern: readonly string[], segments: readonly string[]): Record<string, string> {
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    if (part.startsWith("{")) params[part.slice(1, -1)] = segments[index] ?? "";
  }
  return params;
}

function refuseUnrouted(allowed: readonly string[]): RequestError {
  if (allowed.length === 0) return new RequestError(404, "not_found", "no such path");
  return new RequestError(405, "method_not_allowed", `this path allows ${allowed.join(", ")}`);
}

async function readJson(exchange: Exchange): Promise<JsonObject> {
  const bytes = await exchange.readBody(MAX_BODY_BYTES);
  if (bytes === undefined) throw new RequestError(413, "too_large", `a body has at most ${MAX_BODY_BYTES} bytes`);
  if (bytes.length === 0) return {};
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new RequestError(400, "invalid_json", `the body is not JSON: ${String(error)}`);
  }
  if (!isJsonObject(body)) throw new RequestError(400, "invalid_json", "the body must be a JSON object");
  return body;
}

function translate(error: unknown): Answer {
  if (error instanceof RequestError) {
    return buildJsonAnswer(error.status, { error: { code: error.code, message: error.message } });
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return buildJsonAnswer(500, { error: { code: "internal", message } });
}
