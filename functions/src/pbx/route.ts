import { z } from "zod";
import { TryAgain } from "../errors.ts";
import { settleWithin } from "../settle-within.ts";
import { parseInput } from "../parse-input.ts";
import type { Services } from "../services.ts";
import type { PbxKey, Scope } from "../keys/pbx-key.ts";

/** An answer: what JSON clients get, and the one short line for a dialplan that asked for `?format=text`. */
export interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** When to ask again. */
  readonly retryAfterSeconds?: number;
}

/** The names that the OpenAPI document has for what comes in, and for what goes out. */
export const requestSchemas = z.registry<{ readonly id: string }>();
export const answerSchemas = z.registry<{ readonly id: string }>();

/** What comes back with an HTTP status. */
export interface Answer {
  readonly description: string;
  /** One of {@link answerSchemas}. */
  readonly schema: z.ZodType;
  readonly example?: Readonly<Record<string, unknown>>;
}

/**
 * How long an answer may take that is not held on purpose: a PBX waits for ten seconds, and FCM may take eight and a half of
 * them. Firestore's own client would go on for a minute or more when Firestore hangs, and the platform for sixty seconds.
 */
const answerMs = 9500;

/** What the PBX's API has at one path and method, for the router and the OpenAPI document alike. */
interface RouteShape {
  readonly method: "get" | "post" | "put" | "delete";
  /** In OpenAPI's spelling: `/calls/{call_id}`. */
  readonly path: string;
  /** What a client that is made from the document calls it. */
  readonly name: string;
  readonly summary: string;
  /** The scope a key needs. */
  readonly scope: Scope;
  /** One of {@link requestSchemas}. */
  readonly body?: z.ZodType;
  /** A body as a PBX would send it. */
  readonly example?: Readonly<Record<string, unknown>>;
  /** The largest body it takes; 32 KiB when it does not say. */
  readonly maxBodyBytes?: number;
  /** Whether a body that is not UTF-8 is read as well as it can be: what a caller's name is made of is not the PBX's doing. */
  readonly readsAnyText?: boolean;
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
  /** Aborted when the client has closed the connection. */
  readonly signal: AbortSignal;
}

/** A route that parses its own input; throws {@link InvalidRequest} when that is wrong. */
export interface Route extends RouteShape {
  run(services: Services, request: RouteRequest<unknown, unknown, unknown>): Promise<Reply>;
}

/**
 * Builds a route whose `run` sees its body and the parameters of its path and query parsed and typed. When it takes too long
 * the caller is told to try again ({@link TryAgain}). The work goes on; the claims and leases that it holds run out.
 */
export function defineRoute<Body extends z.ZodType, Params extends z.ZodObject, Query extends z.ZodObject>(
  route: RouteShape & {
    readonly body?: Body;
    readonly params?: Params;
    readonly query?: Query;
    /** For how many seconds the caller asks the answer to be held. */
    heldSeconds?(
      request: Pick<RouteRequest<z.output<Body>, z.output<Params>, z.output<Query>>, "body" | "query">,
    ): number;
    run(services: Services, request: RouteRequest<z.output<Body>, z.output<Params>, z.output<Query>>): Promise<Reply>;
  },
): Route {
  return {
    ...route,
    run: async (services, { params, body, query, ...rest }) => {
      const request = {
        ...rest,
        params: parseWith(route.params, params),
        body: parseWith(route.body, body),
        query: parseWith(route.query, query),
      };
      const heldMs = 1000 * (route.heldSeconds?.(request) ?? 0);
      const reply = await settleWithin(route.run(services, request), answerMs + heldMs);
      if (reply === undefined) throw new TryAgain("Timed out; retry the same request");
      return reply;
    },
  };
}

function parseWith<Schema extends z.ZodType>(schema: Schema | undefined, input: unknown): z.output<Schema> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a route without a schema has nothing to look at
  return schema === undefined ? (undefined as z.output<Schema>) : parseInput(schema, input);
}
