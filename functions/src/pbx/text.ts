import { z } from "zod";

// oxlint-disable-next-line no-control-regex -- finding control characters is the point
const controls = /[\u0000-\u001f\u007f]/;
// oxlint-disable-next-line no-control-regex -- finding control characters is the point
const controlsButLines = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

const absentAsEmpty = (value: string | null | undefined) => value ?? "";

/** One line of text: no control characters, no lone surrogates. */
export function lineOf(max: number) {
  return textWithout(controls, max);
}

/** An optional line; missing and null read as empty. */
export function optionalLineOf(max: number) {
  return lineOf(max).nullish().transform(absentAsEmpty);
}

/** Text for people and apps; line breaks and tabs are allowed. */
export function proseOf(max: number) {
  return textWithout(controlsButLines, max);
}

function textWithout(unwanted: RegExp, max: number) {
  return z
    .string()
    .max(max)
    .refine((value) => !unwanted.test(value), "must have no control characters")
    .refine((value) => value.isWellFormed(), "must be well-formed Unicode");
}

/** Parses an object in a form, which carries it as JSON text. */
export function parseJsonText(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: "custom", message: "must be a JSON object" });
    return z.NEVER;
  }
}

/** A whole number from JSON, or as text from a form. */
export function wholeNumber(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`;
  const bounded = z.int(error).min(min, error).max(max, error);
  const spelt = z
    .string(error)
    .regex(/^\d{1,9}$/, error)
    .transform(Number)
    .pipe(bounded);
  return z.union([bounded, spelt], { error });
}

/** A boolean from JSON, or as text from a form. */
export const flagValue = z.union(
  [z.boolean(), z.enum(["true", "false", "1", "0"]).transform((text) => text === "true" || text === "1")],
  { error: "must be true or false" },
);

/** An RFC 3339 time, parsed to milliseconds since the epoch; https://www.rfc-editor.org/rfc/rfc3339 */
export const timeValue = z.iso
  .datetime({ offset: true, error: ({ input }) => explainTime(input) })
  .transform((text) => Date.parse(text));

/** A time with a space before its offset was in a form, where `+` stands for a space. */
function explainTime(given: unknown): string {
  const error = "must be an RFC 3339 time with an offset, as 2026-11-22T09:00:00+09:00";
  return typeof given === "string" && /\d \d\d:\d\d$/.test(given) ? `${error}; in a form write its + as %2B` : error;
}
