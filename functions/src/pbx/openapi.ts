import { z } from "zod";
import type { Route } from "./route.ts";
import { failure } from "./reply.ts";

/** Builds the OpenAPI 3.1 document from the schemas that parse the requests. */
export function buildOpenApi(routes: readonly Route[]): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: describeRoute(route) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "pbx-push", version: "1", description: "Push for Asterisk PBXs" },
    components: {
      securitySchemes: { pbxKey: { type: "http", scheme: "bearer", description: "An entry of PBX_KEYS" } },
    },
    security: [{ pbxKey: [] }],
    paths: { "/health": { get: describeHealth() }, ...paths },
  };
}

function describeRoute(route: Route): Record<string, unknown> {
  return {
    summary: route.summary,
    description: `Needs a key with the scope \`${route.scope}\`.`,
    parameters: [...describeParams("path", route.params), ...describeParams("query", route.query), formatParameter],
    ...(route.body && {
      requestBody: {
        required: !route.body.safeParse({}).success,
        content: describeContent(route.body, "input", bodyTypes),
      },
    }),
    responses: describeResponses({ ...route.answers, ...commonAnswers }),
  };
}

const bodyTypes = ["application/json", "application/x-www-form-urlencoded"];

const formatParameter = {
  name: "format",
  in: "query",
  description: "`text` for one short line instead of JSON",
  schema: { enum: ["json", "text"], default: "json" },
};

const commonAnswers = {
  400: failure("What is wrong with the request; `issues` names the fields"),
  401: failure("`unauthenticated`: no key, or a wrong one"),
  403: failure("`forbidden`: the key does not reach this scope, exten or address"),
  413: failure("`body_too_large`: over 32 KiB, or over 128 KiB where it has tokens"),
  415: failure("`unsupported_media_type`"),
  503: failure(
    "`misconfigured`, or `try_again` with `Retry-After`: there is too much to do at once, it could not be done in ten seconds, or an earlier request for the same thing is at it",
  ),
};

function describeHealth(): Record<string, unknown> {
  const schema = z.object({
    status: z.literal("healthy"),
    service: z.literal("pbx-push"),
    timestamp: z.iso.datetime(),
  });
  return {
    summary: "Whether the service runs",
    security: [],
    responses: describeResponses({ 200: { description: "It does", schema } }),
  };
}

function describeParams(where: "path" | "query", params: z.ZodObject | undefined): readonly Record<string, unknown>[] {
  if (params === undefined) return [];
  const { properties = {} } = z.toJSONSchema(params, { io: "input" });
  return Object.entries(properties).map(([name, schema]) => ({ name, in: where, required: where === "path", schema }));
}

function describeResponses(answers: Route["answers"]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(answers).map(([status, { description, schema }]) => [
      status,
      { description, content: describeContent(schema, "output", ["application/json"]) },
    ]),
  );
}

function describeContent(schema: z.ZodType, io: "input" | "output", types: readonly string[]) {
  return Object.fromEntries(types.map((type) => [type, { schema: toJsonSchema(schema, io) }]));
}

function toJsonSchema(schema: z.ZodType, io: "input" | "output"): unknown {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io });
  return json;
}
