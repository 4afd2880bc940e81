import { z } from "zod";
import { TryAgain } from "../errors.ts";
import { settleWithin } from "../settle-within.ts";
import { parseInput } from "../parse-input.ts";
import type { Wait } from "../rings/await-rings.ts";
import type { Services } from "../services.ts";
import type { PbxKeys } from "../keys/key-cache.ts";
import type { PbxKey, Scope } from "../keys/pbx-key.ts";
import type { Places } from "../places.ts";

/** An answer: the JSON body, and the one short line for a dialplan with `?format=text`. */
export interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** Value of `Retry-After`. */
  readonly retryAfterSeconds?: number;
}

/** The names of request bodies and of answers in the OpenAPI document. */
export const requestSchemas = z.registry<{ readonly id: string }>();
export const answerSchemas = z.registry<{ readonly id: string }>();

/** The answer for an HTTP status. */
export interface Answer {
  readonly description: string;
  /** One of {@link answerSchemas}. */
  readonly schema: z.ZodType;
  readonly example?: Readonly<Record<string, unknown>>;
}

/**
 * Timeout of an answer, without the time for which it is held on purpose: a PBX waits ten seconds, and FCM may take 8.5
 * of them. When Firestore hangs, its client would go on for a minute or more, and the platform for sixty seconds.
 */
const answerMs = 9500;

/** One path and method of the PBX's API, for the router and for the OpenAPI document. */
interface RouteShape {
  readonly method: "get" | "post" | "put" | "delete";
  /** In OpenAPI's spelling: `/calls/{call_id}`. */
  readonly path: string;
  /** Its name in generated clients. */
  readonly name: string;
  readonly summary: string;
  /** The scope a key needs. */
  readonly scope: Scope;
  /** One of {@link requestSchemas}. */
  readonly body?: z.ZodType;
  /** An example body. */
  readonly example?: Readonly<Record<string, unknown>>;
  /** Limit of the body; 32 KiB by default. */
  readonly maxBodyBytes?: number;
  /**
   * Whether a body that is not UTF-8 is decoded as far as possible: the PBX does not control the encoding of a caller's
   * name.
   */
  readonly readsAnyText?: boolean;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly answers: Readonly<Record<number, Answer>>;
}

/** A request with a checked key and parsed input. */
interface RouteRequest<Body, Params, Query> {
  readonly key: PbxKey;
  readonly keys: PbxKeys;
  readonly body: Body;
  readonly params: Params;
  readonly query: Query;
  /** For how long the answer may be held: 0 if the caller did not ask for it, or its key has its share of the places. */
  readonly wait: Wait;
}

/** A request with a checked key. */
interface RawRequest extends Pick<
  RouteRequest<unknown, unknown, unknown>,
  "key" | "keys" | "body" | "params" | "query"
> {
  /** Aborted when the client has closed the connection. */
  readonly signal: AbortSignal;
  /** The places for held answers of this instance. */
  readonly heldWaits: Places;
}

/** A route that parses its own input; throws {@link InvalidRequest} if that is invalid. */
export interface Route extends RouteShape {
  run(services: Services, request: RawRequest): Promise<Reply>;
}

/**
 * Builds a route whose `run` gets its body, path and query parsed and typed. On a timeout the caller gets {@link
 * TryAgain}. The work goes on; its claims and leases expire.
 */
export function defineRoute<Body extends z.ZodType, Params extends z.ZodObject, Query extends z.ZodObject>(
  route: RouteShape & {
    readonly body?: Body;
    readonly params?: Params;
    readonly query?: Query;
    /** For how many seconds the caller wants the answer held. */
    heldSeconds?(
      request: Pick<RouteRequest<z.output<Body>, z.output<Params>, z.output<Query>>, "body" | "query">,
    ): number;
    run(services: Services, request: RouteRequest<z.output<Body>, z.output<Params>, z.output<Query>>): Promise<Reply>;
  },
): Route {
  return {
    ...route,
    run: async (services, { key, keys, params, body, query, signal, heldWaits }) => {
      const request = {
        key,
        keys,
        params: parseWith(route.params, params),
        body: parseWith(route.body, body),
        query: parseWith(route.query, query),
      };
      const heldMs = 1000 * (route.heldSeconds?.(request) ?? 0);
      const held = heldMs > 0 ? heldWaits.take(key.id) : undefined;
      const wait = held ? { ms: heldMs, signal: AbortSignal.any([signal, held.signal]) } : { ms: 0, signal };
      try {
        const reply = await settleWithin(route.run(services, { ...request, wait }), answerMs + wait.ms);
        if (reply === undefined) throw new TryAgain("Timed out; retry the same request");
        return reply;
      } finally {
        held?.release();
        if (heldMs > 0 && held?.signal.aborted !== false) services.log.warn("wait_not_held", { pbxId: key.id });
      }
    },
  };
}

function parseWith<Schema extends z.ZodType>(schema: Schema | undefined, input: unknown): z.output<Schema> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a route without a schema has nothing to look at
  return schema === undefined ? (undefined as z.output<Schema>) : parseInput(schema, input);
}
