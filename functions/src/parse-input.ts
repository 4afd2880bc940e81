import { z } from "zod";
import { InvalidRequest } from "./errors.ts";

/** Parses what a caller sent; throws {@link InvalidRequest} that lists every fault. The values themselves are not quoted. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => ({ path: issue.path.join("."), message: explain(issue) }));
  throw new InvalidRequest("invalid_request", "The request is not valid", issues);
}

function explain({ code, message }: z.core.$ZodIssue): string {
  return code === "invalid_type" && message.endsWith("received undefined") ? "is required" : message;
}

/** A string that serves as a Firestore document id: matches `pattern`, which `meaning` says in words, and is no reserved id. */
export function documentId(pattern: RegExp, meaning: string) {
  return z
    .string()
    .regex(pattern, meaning)
    .refine((value) => !/^(?:\.\.?|__.*__)$/.test(value), "must not be ., .. or __…__");
}
