import { z } from "zod";

/** A number that rings, compared as written. */
export const extenNumber = z
  .string()
  .regex(/^\+?[0-9*#]{1,32}$/, "must be an optional + and 1 to 32 digits, * or #")
  .describe("The number that rings, written as in its line: an optional `+` and 1 to 32 digits, `*` or `#`");
