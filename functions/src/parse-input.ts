import type { z } from "zod";
import { InvalidRequest } from "./errors.ts";

/** Parses what a caller sent; throws {@link InvalidRequest} that lists every fault. The values themselves are not quoted. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  throw new InvalidRequest("invalid_request", "The request is not valid", issues);
}
