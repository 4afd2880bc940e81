import { z } from "zod";

// oxlint-disable-next-line no-control-regex -- finding control characters is the point
const controls = /[\u0000-\u001f\u007f]/;
// oxlint-disable-next-line no-control-regex -- finding control characters is the point
const controlsButLines = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

const absentAsEmpty = (value: string | null | undefined) => value ?? "";

/** Text that stays on one line: no control characters, no half of a surrogate pair. */
export function lineOf(max: number) {
  return textWithout(controls, max);
}

/** A line that may be left out or null, which both read as empty. */
export function optionalLineOf(max: number) {
  return lineOf(max).nullish().transform(absentAsEmpty);
}

/** Text for people and apps: line breaks and tabs are welcome. */
export function proseOf(max: number) {
  return textWithout(controlsButLines, max);
}

function textWithout(unwanted: RegExp, max: number) {
  return z
    .string()
    .max(max)
    .refine((value) => !unwanted.test(value), "has control characters")
    .refine((value) => value.isWellFormed(), "is not well-formed Unicode");
}

/** Reads what a form carries as JSON text, since it has no objects. */
export function parseJsonText(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: "custom", message: "is not JSON" });
    return z.NEVER;
  }
}

/** A whole number as JSON has it, or as a form spells it. */
export function wholeNumber(min: number, max: number) {
  const bounded = z.int().min(min).max(max);
  return z.union([
    bounded,
    z
      .string()
      .regex(/^\d{1,9}$/)
      .transform(Number)
      .pipe(bounded),
  ]);
}

/** Yes or no, as JSON has it or as a form spells it. */
export const flagValue = z.union([
  z.boolean(),
  z.enum(["true", "false", "1", "0"]).transform((text) => text === "true" || text === "1"),
]);

/** A moment, in milliseconds since the epoch; https://www.rfc-editor.org/rfc/rfc3339 */
export const timeValue = z.iso
  .datetime({ offset: true, error: "must be an RFC 3339 time with an offset, as 2026-11-22T09:00:00+09:00" })
  .transform((text) => Date.parse(text));
