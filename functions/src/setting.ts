import { defineBoolean, defineInt, defineSecret, defineString } from "firebase-functions/params";
import { z } from "zod";

/** One setting: declared to the Firebase CLI, checked when it is read, and shown in docs/settings.md. */
export interface Setting<Value = unknown> {
  readonly name: string;
  /** Where the value comes from: a `.env` file, Secret Manager, or the machine that the process runs on. */
  readonly source: "file" | "secret" | "machine";
  readonly check: z.ZodType<Value>;
  /** The default value, as a `.env` file spells it. */
  readonly default: string;
  /** The values that the check accepts, in words. */
  readonly allowed: string;
  readonly description: string;
  /** The page of docs/ that says more. */
  readonly see?: string;
}

/** What every entry of the table has. */
interface Description {
  readonly description: string;
  readonly see?: string;
}

/** A whole number between two bounds. */
export function integer(
  name: string,
  { min, max, ...about }: Description & { readonly default: number; readonly min: number; readonly max?: number },
) {
  const allowed = `a whole number, ${max === undefined ? `${min} or more` : `${min} to ${max}`}`;
  const isAllowed = (value: string) =>
    /^\d+$/.test(value) && Number(value) >= min && Number(value) <= (max ?? Infinity);
  const check = z.string().refine(isAllowed, `must be ${allowed}`).transform(Number).default(about.default);
  const param = defineInt(name, { default: about.default, description: about.description });
  return { ...about, name, source: "file", param, check, default: String(about.default), allowed } as const;
}

/** A boolean; false unless it is set to `true`. */
export function flag(name: string, about: Description) {
  const param = defineBoolean(name, { default: false, description: about.description });
  const check = z
    .enum(["true", "false"], "must be true or false")
    .transform((value) => value === "true")
    .default(false);
  return { ...about, name, source: "file", param, check, default: "false", allowed: "true or false" } as const;
}

/** The texts that a setting accepts, as a function and in words. */
export interface Form {
  readonly isAllowed: (value: string) => boolean;
  readonly allowed: string;
}

const anyText: Form = { isAllowed: () => true, allowed: "any text" };

/** A text; `form` restricts it. */
export function text(name: string, about: Description & { readonly default: string }, form = anyText) {
  const { isAllowed, allowed } = form;
  const check = z.string().refine(isAllowed, `must be ${allowed}`).default(about.default);
  const param = defineString(name, { default: about.default, description: about.description });
  return { ...about, name, source: "file", param, check, allowed } as const;
}

const anyWord: Form = { isAllowed: (word) => /^[^\s\p{C}]+$/u.test(word), allowed: "words" };

/**
 * Words separated by commas, without spaces, or none if there is no default: a space would make a word match nothing, an empty word would match
 * everything. `form` restricts each word.
 */
export function list(name: string, about: Description & { readonly default: string }, form = anyWord) {
  const allowed = `${form.allowed} separated by commas, without spaces`;
  const check = z
    .string()
    .refine((value) => split(value).every(form.isAllowed), `must be ${allowed}`)
    .transform(split)
    .default(about.default === "" ? [] : split(about.default));
  const param = defineString(name, { default: about.default, description: about.description });
  return { ...about, name, source: "file", param, check, allowed } as const;
}

/** A JSON object of a schema; `{}` unless it is set. */
export function json<Value extends object>(
  name: string,
  { allowed, ...about }: Description & { readonly allowed: string },
  schema: z.ZodType<Value>,
) {
  const check = z
    .string()
    .transform((value, context): unknown => {
      try {
        return JSON.parse(value);
      } catch {
        context.addIssue({ code: "custom", message: `must be ${allowed}` });
        return z.NEVER;
      }
    })
    .pipe(schema)
    .default(schema.parse({}));
  const param = defineString(name, { default: "{}", description: about.description });
  return { ...about, name, source: "file", param, check, default: "{}", allowed } as const;
}

function split(value: string): readonly string[] {
  return value.split(",");
}

/** A secret of Secret Manager, `none` if a deployment does without it; no message shows its value. */
export function secret(name: string, about: Description) {
  const check = z
    .string()
    .transform((value) => (value.trim() === "none" ? undefined : value))
    .optional();
  const param = defineSecret(name, { description: about.description });
  return { ...about, name, source: "secret", param, check, default: "none", allowed: "" } as const;
}

/** A value that the platform or the local stack sets; no deployment sets it. */
export function fromMachine<Value>(name: string, about: Description, check: z.ZodType<Value>) {
  return { ...about, name, source: "machine", check, default: "", allowed: "" } as const;
}

/** An invalid setting, and why. */
export interface BadSetting {
  readonly name: string;
  readonly message: string;
  /** Its value; absent for a secret. */
  readonly value?: string;
}

/** All invalid ones of these settings. */
export function findBadValues(settings: readonly Setting[], environment: NodeJS.ProcessEnv): readonly BadSetting[] {
  return settings.flatMap(({ name, source, check }) => {
    const value = readValue(environment, name);
    const shown = value !== undefined && source !== "secret" ? { value } : {};
    const issues = check.safeParse(value).error?.issues ?? [];
    return issues.map(({ message }) => ({ name, message, ...shown }));
  });
}

/** The parsed values of a table of settings. */
export type ValuesOf<Table> = {
  readonly [Key in keyof Table]: Table[Key] extends Setting<infer Value> ? Value : never;
};

/** Reads every setting of a table; throws if one is invalid. */
export function readValues<Table extends Readonly<Record<string, Setting>>>(
  table: Table,
  environment: NodeJS.ProcessEnv,
): ValuesOf<Table> {
  const read = Object.entries(table).map(([key, { name, check }]) => [key, check.parse(readValue(environment, name))]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.fromEntries forgets which key has which value
  return Object.fromEntries(read) as ValuesOf<Table>;
}

/** An empty setting counts as not set: a param without a value is an empty string. */
function readValue(environment: NodeJS.ProcessEnv, name: string): string | undefined {
  return environment[name] || undefined;
}
