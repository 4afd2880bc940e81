import { z } from "zod";
import { explainIssue } from "../parse-input.ts";
import { lineOf, parseJsonText, proseOf } from "./text.ts";

const longestKey = 256;
const longestValue = 4096;
const key = lineOf(longestKey).min(1);
const value = proseOf(longestValue);

/** For the OpenAPI document. The map itself is checked key by key, so that the error can name the invalid key. */
const described = z.union([z.record(key, value), z.string()]).nullish();

/** Data for the app: an object of strings, or its JSON text in a form. It is passed on unchanged. */
export const data = z
  .preprocess(readMap, described)
  .transform((map) => (typeof map === "object" && map !== null ? map : {}))
  .describe("Data for the app, in the push's `data`; FCM accepts strings only");

function readMap(given: unknown, context: z.RefinementCtx): unknown {
  const map = typeof given === "string" ? parseJsonText(given, context) : given;
  if (map === undefined || map === null || map === z.NEVER) return map;
  if (typeof map !== "object" || Array.isArray(map)) refuse(context, [], "must be an object of strings");
  else for (const [name, inner] of Object.entries(map)) checkEntry(name, inner, context);
  return map;
}

function checkEntry(name: string, inner: unknown, context: z.RefinementCtx): void {
  // A field of this name needs special care in an object, which neither our libraries nor the app's take.
  if (name === "__proto__") refuse(context, [name], "must have another name");
  else if (!key.safeParse(name).success) {
    const shown = JSON.stringify(name.slice(0, 40));
    refuse(context, [], `must have keys of 1 to ${longestKey} characters without control characters, not ${shown}`);
  } else if (typeof inner !== "string") refuse(context, [name], "must be a string: FCM accepts nothing else");
  else refuseText(inner, context, name);
}

function refuseText(text: string, context: z.RefinementCtx, name: string): void {
  const { error } = value.safeParse(text, { error: explainIssue });
  if (error !== undefined) refuse(context, [name], error.issues.map(({ message }) => message).join(" and "));
}

function refuse(context: z.RefinementCtx, path: string[], message: string): void {
  context.addIssue({ code: "custom", path, message });
}
