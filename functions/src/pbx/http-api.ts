import { createHash } from "node:crypto";
import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler } from "express";
import { InvalidRequest, PutOff } from "../errors.ts";
import { once, type Services } from "../services.ts";
import { routes } from "./all-routes.ts";
import { authenticate } from "./authenticate.ts";
import { takeBody } from "./body.ts";
import { KeyCache, type PbxKeys } from "../keys/key-cache.ts";
import { buildOpenApi } from "./openapi.ts";
import { limitInFlight } from "./limit-in-flight.ts";
import { Places } from "../places.ts";
import { replyToError, sendReply } from "./reply.ts";
import type { Reply, Route } from "./route.ts";

/** Concurrent requests that Cloud Run sends to an instance. */
export const concurrency = 80;

/** In-flight limit without Cloud Run in front: twice `concurrency`, so that a pause of the machine refuses no call. */
export const maxInFlight = 2 * concurrency;

/** Places for held answers: half of those that Cloud Run fills. */
const maxHeldWaits = concurrency / 2;

/** Places for bodies that arrive slowly, half as well: one PBX could fill an instance with bodies that it never ends. */
const maxSlowBodies = concurrency / 2;

/** Builds the PBX's HTTPS API over the services of an instance. */
export function buildHttpApi(services: Services): Express {
  const app = express();
  app.disable("x-powered-by").disable("etag");
  // "/calls" and "/Calls/" are different paths; an API has one spelling.
  app.enable("strict routing").enable("case sensitive routing");
  // The only answer that may be cached: it comes before the handler that forbids caching.
  app.get("/openapi.json", serveOpenApi(services));
  app.use(({ headers }, response, next) => {
    response.set("Cache-Control", "no-store");
    // Answers have no ETag, but Express would answer 304 to a `*`.
    delete headers["if-none-match"];
    next();
  });
  app.get("/health", (request, response) => {
    const body = { status: "healthy", service: "pbx-push", timestamp: new Date(services.clock.now()).toISOString() };
    sendReply(request, response, { status: 200, body, text: "HEALTHY" });
  });
  app.use(limitInFlight(maxInFlight, services));
  mountRoutes(app, services);
  app.use(answerError(services));
  return app;
}

/** Serves the OpenAPI document from memory: building it takes ten milliseconds, and the request needs no key. */
function serveOpenApi({ config }: Services): RequestHandler {
  const file = once(() => {
    const body = Buffer.from(JSON.stringify(buildOpenApi(routes, config.projectId)));
    return { body, etag: `"${createHash("sha256").update(body).digest("base64url")}"` };
  });
  return (_request, response) => {
    const { body, etag } = file();
    // Express answers 304 to a client that has this version.
    response.set({ ETag: etag, "Cache-Control": "no-cache" }).type("json").send(body);
  };
}

function mountRoutes(app: Express, services: Services): void {
  const keys = new KeyCache(services);
  const places = { heldWaits: new Places(maxHeldWaits), slowBodies: new Places(maxSlowBodies) };
  const methods = new Map<string, string[]>([
    ["/health", ["GET"]],
    ["/openapi.json", ["GET"]],
  ]);
  for (const route of routes) {
    const path = route.path.replaceAll(/\{(\w+)\}/g, ":$1");
    methods.set(path, [...(methods.get(path) ?? []), route.method.toUpperCase()]);
    app[route.method](path, async (request, response) => {
      const gone = new AbortController();
      const abort = () => {
        // An abort creates an error with its stack, which is too expensive for every successful request.
        if (!response.writableFinished) gone.abort();
      };
      // A client may be gone before its request gets here.
      if (response.closed) abort();
      else response.once("close", abort);
      sendReply(request, response, await runRoute(services, keys, route, request, { signal: gone.signal, ...places }));
    });
  }
  for (const [path, allowed] of methods) {
    app.all(path, (_request, response) => {
      response.set("Allow", allowed.join(", "));
      throw new InvalidRequest("method_not_allowed", `This path allows ${allowed.join(", ")}`);
    });
  }
  app.use(() => {
    throw new InvalidRequest("not_found", "No such path; see /openapi.json");
  });
}

async function runRoute(
  services: Services,
  keys: PbxKeys,
  route: Route,
  request: Request,
  {
    slowBodies,
    ...holding
  }: Pick<Parameters<Route["run"]>[1], "signal" | "heldWaits"> & { readonly slowBodies: Places },
): Promise<Reply> {
  const key = await authenticate(request, keys, services);
  key.requireScope(route.scope);
  const body = route.body && (await takeBody(request, route, () => slowBodies.take(key.id)));
  return route.run(services, { key, keys, params: request.params, query: request.query, body, ...holding });
}

/** The only place that turns an exception into an answer and logs it. */
function answerError({ log }: Services): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    const answer = replyToError(error);
    if (answer.status === 401) response.set("WWW-Authenticate", "Bearer");
    if (answer.status >= 500 && !(error instanceof PutOff))
      log.error("request_failed", { method: request.method, status: answer.status, error });
    sendReply(request, response, answer);
  };
}
