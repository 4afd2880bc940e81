import { z } from "zod";

const document = z.looseObject({ components: z.object({ schemas: z.record(z.string(), z.unknown()) }) });

/** Replaces each `$ref` of an OpenAPI document with its schema; keys beside the `$ref` override the schema's. */
export function inlineRefs(openApi: unknown): unknown {
  const { schemas } = document.parse(openApi).components;
  const inline = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(inline);
    const { $ref, ...beside } = z.looseObject({ $ref: z.string().optional() }).parse(value);
    const found = $ref === undefined ? {} : inline(schemas[$ref.replace("#/components/schemas/", "")]);
    const own = Object.fromEntries(Object.entries(beside).map(([key, inner]) => [key, inline(inner)]));
    return { ...Object(found), ...own };
  };
  return inline(openApi);
}
