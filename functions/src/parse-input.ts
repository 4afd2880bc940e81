import { z } from "zod";
import { refuseInput } from "./errors.ts";

/** Parses a client's input; throws {@link InvalidRequest} that lists every fault. It does not quote values. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input, { error: explainIssue });
  if (parsed.success) return parsed.data;
  return refuseInput(parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message })));
}

/** Says what a value must be, for faults that have no message in the schema. */
export function explainIssue(issue: z.core.$ZodRawIssue): string {
  if (issue.input === undefined) return "is required";
  switch (issue.code) {
    case "invalid_type":
      return `must be ${kinds[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `must be one of ${issue.values.map(String).join(", ")}`;
    case "too_big":
      return `must ${describeBound("at most", Number(issue.maximum), issue.origin)}`;
    case "too_small":
      return `must ${describeBound("at least", Number(issue.minimum), issue.origin)}`;
    case "invalid_format":
      return issue.format === "email" ? "must be an email address" : `must be a ${issue.format}`;
    case "unrecognized_keys":
      return `must not have ${issue.keys.map((key) => JSON.stringify(key)).join(", ")}`;
    default:
      return "must be of another form";
  }
}

const kinds: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "an array",
  object: "an object",
  record: "an object",
};

function describeBound(limit: string, bound: number, origin: string): string {
  if (origin === "string") return bound === 1 ? "not be empty" : `have ${limit} ${bound} characters`;
  return origin === "array" ? `have ${limit} ${bound} items` : `be ${limit} ${bound}`;
}

/**
 * A string that serves as a Firestore document id: it matches `pattern`, which `meaning` describes, and is not a
 * reserved id.
 */
export function documentId(pattern: RegExp, meaning: string) {
  return z
    .string()
    .regex(pattern, meaning)
    .refine((value) => !/^(?:\.\.?|__.*__)$/.test(value), "must not be ., .. or __…__");
}
