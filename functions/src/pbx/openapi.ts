// https://spec.openapis.org/oas/v3.1.0
import { z } from "zod";
import { readRegion } from "../config.ts";
import { failure } from "./reply.ts";
import { answerSchemas, requestSchemas, type Answer, type Route } from "./route.ts";

type Json = Readonly<Record<string, unknown>>;

/** Builds the OpenAPI 3.1 document of a project's API from the schemas that parse the requests. */
export function buildOpenApi(routes: readonly Route[], projectId: string): Json {
  const region = readRegion();
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: describeRoute(route) };
  }
  const tags = [...new Set(routes.map(({ scope }) => scope))].map((name) => {
    return { name, description: `For keys with the scope \`${name}\`` };
  });
  return {
    openapi: "3.1.0",
    info: {
      title: "pbx-push",
      version: "1",
      description: "Push for Asterisk PBXs",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [
      {
        url: "https://{region}-{project}.cloudfunctions.net/{function}",
        description: "A project",
        variables: {
          region: { default: region },
          project: { default: projectId },
          function: { default: "pbx", description: "For a function kit: `kit-<instance>-pbx`" },
        },
      },
      {
        url: "http://127.0.0.1:5001/{project}/{region}/pbx",
        description: "The local stack",
        variables: { region: { default: readRegion({}) }, project: { default: "demo-pbx-push" } },
      },
    ],
    tags,
    components: {
      securitySchemes: { pbxKey: { type: "http", scheme: "bearer", description: "The key of a PBX" } },
      schemas: { ...listSchemas(requestSchemas, "input"), ...listSchemas(answerSchemas, "output") },
    },
    security: [{ pbxKey: [] }],
    paths: { "/health": { get: describeHealth() }, ...paths },
  };
}

function describeRoute(route: Route): Json {
  return {
    operationId: route.name,
    tags: [route.scope],
    summary: route.summary,
    description: `Needs a key with the scope \`${route.scope}\`.`,
    parameters: [...describeParams("path", route.params), ...describeParams("query", route.query), formatParameter],
    ...(route.body && {
      requestBody: {
        required: !route.body.safeParse({}).success,
        content: Object.fromEntries(
          bodyTypes.map((type) => [type, { schema: refer(route.body, requestSchemas), example: route.example }]),
        ),
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
  schema: { type: "string", enum: ["json", "text"], default: "json" },
};

const commonAnswers = {
  400: failure("The request is invalid; `issues` names the fields"),
  401: failure("`unauthenticated`: no key, or a wrong one"),
  403: failure("`forbidden`: the key does not allow this scope, exten or address"),
  408: failure("`body_timeout`: the body did not arrive within five seconds"),
  413: failure("`body_too_large`: over 32 KiB, or over 128 KiB for a request with tokens"),
  415: failure(
    "`unsupported_media_type`: no Content-Type, one that is neither JSON nor a form, or JSON that is sent as a form",
  ),
  429: failure("`too_many_requests` with `Retry-After`: the key may send fewer requests a second"),
  503: failure(
    "`misconfigured`, or `try_again` with `Retry-After`: too many requests are in flight, the request timed out after ten seconds, or an earlier request for the same thing is still running",
  ),
};

const health = z
  .object({ status: z.literal("healthy"), service: z.literal("pbx-push"), timestamp: z.iso.datetime() })
  .register(answerSchemas, { id: "Health" });

function describeHealth(): Json {
  const example = { status: "healthy", service: "pbx-push", timestamp: "2026-11-28T05:00:00.000Z" } as const;
  return {
    operationId: "getHealth",
    summary: "Whether the service runs",
    security: [],
    responses: describeResponses({ 200: { description: "The service runs", schema: health, example } }),
  };
}

function describeParams(where: "path" | "query", params: z.ZodObject | undefined): readonly Json[] {
  if (params === undefined) return [];
  const { properties = {} } = z.toJSONSchema(params, { io: "input" });
  return Object.entries(properties).map(([name, schema]) => ({ name, in: where, required: where === "path", schema }));
}

function describeResponses(answers: Readonly<Record<number, Answer>>): Json {
  return Object.fromEntries(
    Object.entries(answers).map(([status, { description, schema, example }]) => {
      const content = { schema: refer(schema, answerSchemas), ...(example !== undefined && { example }) };
      return [status, { description, content: { "application/json": content } }];
    }),
  );
}

const whereSchemas = "#/components/schemas/";

/** Throws for a schema without a name: a generator would invent one. */
function refer(schema: z.ZodType | undefined, names: typeof requestSchemas): Json {
  const name = schema && names.get(schema)?.id;
  if (name === undefined) {
    throw new Error(`A body of the API has no name: register its schema in requestSchemas or answerSchemas`);
  }
  return { $ref: `${whereSchemas}${name}` };
}

function listSchemas(names: typeof requestSchemas, io: "input" | "output"): Json {
  const { schemas } = z.toJSONSchema(names, {
    io,
    uri: (id) => `${whereSchemas}${id}`,
    // `format` is enough; zod's pattern for a time has 300 characters.
    override: ({ jsonSchema }) => jsonSchema.format === "date-time" && delete jsonSchema.pattern,
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $schema: _schema, $id: _id, ...json }]) => [name, json]),
  );
}
