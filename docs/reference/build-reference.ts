import { z } from "zod";
import { describeType, jsonSchema, type JsonSchema } from "./describe-schema.ts";
import { inlineRefs } from "./inline-refs.ts";
import { table } from "./table.ts";

const content = z.record(z.string(), z.object({ schema: jsonSchema, example: z.unknown().optional() }));

const operation = z.object({
  summary: z.string(),
  description: z.string().optional(),
  parameters: z.array(z.object({ name: z.string(), in: z.string(), schema: jsonSchema })).default([]),
  requestBody: z.object({ content }).optional(),
  responses: z.record(z.string(), z.object({ description: z.string(), content: content.optional() })),
});
type Operation = z.infer<typeof operation>;

/** The parts of an OpenAPI document that the reference uses: https://spec.openapis.org/oas/v3.1.0 */
const openApi = z.object({ paths: z.record(z.string(), z.record(z.string(), operation)) });

const opening = `# The PBX's API

\`npm run docs\` generates this page from the service's \`GET /openapi.json\`. The same schemas validate the requests.

Every request except \`/health\` and \`/openapi.json\` carries \`Authorization: Bearer <key>\`. A body is JSON or a form
(\`application/x-www-form-urlencoded\`). In a form, numbers and \`true\` or \`false\` are text, and a map or an object is JSON text.
An optional field may also be null, and unknown fields are ignored. Every answer is JSON; with \`?format=text\` it is one short
line for a dialplan. Errors are \`{"error": {"code", "message", "issues"?}}\`, \`NAK <reason>\` or \`ERROR <code>\`. A dialplan's
\`CURL()\` returns the line whatever the HTTP status is. \`message\` and \`issues\` name each wrong field and what it must be.

\`curl -d\` declares a form: for JSON add \`-H 'Content-Type: application/json'\`. A body must not be compressed.

In a form write \`+\` as \`%2B\` (a dialplan has \`URIENCODE\`). If the \`+\` of a number arrives as a space, the service corrects it.

With \`wait_seconds\` a Firestore listener holds the answer. A held request costs what it occupies: one of the 80 places of an
instance and, while no other request shares that instance, its CPU time. The listener costs one document read per change.
Half of the places are for held answers, and the PBXs share them. An answer that gets none, or whose place another PBX needs, is
sent at once, as for \`wait_seconds=0\`.

A request that is refused by its headers (401, 404, 405, 413, 415) is answered before its body is read, with \`Connection: close\`.
`;

/** Builds the API reference in Markdown; throws if the OpenAPI document has an unexpected shape. */
export function buildReference(document: unknown): string {
  const operations = Object.entries(openApi.parse(inlineRefs(document)).paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, found]) => ({ name: `${method.toUpperCase()} ${path}`, found })),
  );
  const common = findCommon(operations.map(({ found }) => found));
  const sections = operations.map(({ name, found }) => buildSection(name, found, common));
  const errors = table(["status", "for every request with a key"], [...common]);
  return [opening, "## Common errors\n", errors, ...sections].join("\n");
}

/** The answers that all operations with a key share, by status; the page lists them once. */
function findCommon(operations: readonly Operation[]): ReadonlyMap<string, string> {
  const [first = {}, ...others] = operations.map(({ responses }) => responses).filter((answers) => "401" in answers);
  return new Map(
    Object.entries(first)
      .map(([status, { description }]) => [status, description] as const)
      .filter(([status, description]) => others.every((answers) => answers[status]?.description === description)),
  );
}

function buildSection(name: string, found: Operation, common: ReadonlyMap<string, string>): string {
  const fields = [...describeParameters(found), ...describeBody(found)];
  const answers = Object.entries(found.responses)
    .filter(([status, { description }]) => common.get(status) !== description)
    .map(([status, { description, content: types }]) => [status, description, describeAnswer(status, types)]);
  return [
    `## ${name}\n`,
    buildExample(name, found),
    `${found.summary}. ${found.description ?? ""}`.trimEnd() + "\n",
    ...(fields.length > 0 ? [table(["field", "is", ""], fields)] : []),
    table(["status", "means", "body"], answers),
  ].join("\n");
}

/** Values of path parameters in the examples. */
const params: Readonly<Record<string, string>> = {
  call_id: "1763712000.17",
  exten: "07045144801",
  id: "reminder-1",
};

/** A command and its answer. */
function buildExample(name: string, { requestBody, responses }: Operation): string {
  const [method = "", path = ""] = name.split(" ");
  const url = `$url${path.replaceAll(/\{(\w+)\}/g, (_, param: string) => params[param] ?? param)}`;
  const body = requestBody?.content["application/json"]?.example;
  const isUsual = method === (body === undefined ? "GET" : "POST");
  const command = [
    `curl ${isUsual ? "" : `-X ${method} `}"${url}"`,
    ...("401" in responses ? ['-H "Authorization: Bearer $key"'] : []),
    ...(body === undefined ? [] : [`-H 'Content-Type: application/json' \\\n  -d '${JSON.stringify(body)}'`]),
  ];
  const [answer] = Object.values(responses).flatMap(({ content: types }) => types?.["application/json"]?.example ?? []);
  return `\`\`\`sh\n${command.join(" ")}\n\`\`\`\n\n\`\`\`json\n${JSON.stringify(answer)}\n\`\`\`\n`;
}

function describeParameters({ parameters }: Operation): readonly (readonly string[])[] {
  return parameters
    .filter(({ name }) => name !== "format")
    .map(({ name, in: where, schema }) => [`\`${name}\` (${where})`, describeType(schema), schema.description ?? ""]);
}

function describeBody({ requestBody }: Operation): readonly (readonly string[])[] {
  const { properties = {}, required = [] } = requestBody?.content["application/json"]?.schema ?? {};
  return Object.entries(properties).map(([name, schema]) => [
    `\`${name}\`${required.includes(name) ? "" : "?"}`,
    describeType(schema),
    schema.description ?? "",
  ]);
}

/** Errors have no body here: they share one shape, described at the top of the page. */
function describeAnswer(status: string, types: Operation["responses"][string]["content"]): string {
  const schema: JsonSchema | undefined = types?.["application/json"]?.schema;
  return schema === undefined || Number(status) >= 400 ? "" : describeType(schema);
}
