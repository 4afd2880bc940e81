import type { z } from "zod";
import { parseInput } from "../parse-input.ts";
import type { Services } from "../services.ts";
import type { PbxKey, Scope } from "./keys.ts";

/** An answer: what JSON clients get, and the one short line for a dialplan that asked for `?format=text`. */
export interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** What comes back with an HTTP status. */
export interface Answer {
  readonly description: string;
  readonly schema: z.ZodType;
}

/** What the PBX's API has at one path and method, for the router and the OpenAPI document alike. */
interface RouteShape {
  readonly method: "get" | "post" | "put" | "delete";
  /** In OpenAPI's spelling: `/calls/{call_id}`. */
  readonly path: string;
  readonly summary: string;
  /** The scope a key needs. */
  readonly scope: Scope;
  readonly body?: z.ZodType;
  /** The largest body it takes; 32 KiB when it does not say. */
  readonly maxBodyBytes?: number;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly answers: Readonly<Record<number, Answer>>;
}

/** A request whose key has been checked and whose input has been parsed. */
interface RouteRequest<Body, Params, Query> {
  readonly key: PbxKey;
  readonly body: Body;
  readonly params: Params;
  readonly query: Query;
  /** Aborted when the client is gone: nobody reads the answer any more. */
  readonly signal: AbortSignal;
}

/** A route that parses its own input; throws {@link InvalidRequest} when that is wrong. */
export interface Route extends RouteShape {
  run(services: Services, request: RouteRequest<unknown, unknown, unknown>): Promise<Reply>;
}

/** Builds a route whose `run` sees its body and the parameters of its path and query parsed and typed. */
export function defineRoute<Body extends z.ZodType, Params extends z.ZodObject, Query extends z.ZodObject>(
  route: RouteShape & {
    readonly body?: Body;
    readonly params?: Params;
    readonly query?: Query;
    run(services: Services, request: RouteRequest<z.output<Body>, z.output<Params>, z.output<Query>>): Promise<Reply>;
  },
): Route {
  return {
    ...route,
    run: async (services, { params, body, query, ...request }) =>
      route.run(services, {
        ...request,
        params: parseWith(route.params, params),
        body: parseWith(route.body, body),
        query: parseWith(route.query, query),
      }),
  };
}

function parseWith<Schema extends z.ZodType>(schema: Schema | undefined, input: unknown): z.output<Schema> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a route without a schema has nothing to look at
  return schema === undefined ? (undefined as z.output<Schema>) : parseInput(schema, input);
}
