// https://docs.cloud.google.com/logging/docs/view/logging-query-language, as far as the files under monitoring/ use it
import type { LoggedEntry } from "./logged-entry.ts";

const ranks = ["DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL"];

/** Whether an entry matches a filter; throws for syntax that it does not support. */
export function matchesFilter(filter: string, entry: LoggedEntry): boolean {
  return filter.split(" AND ").every((term) => matchesTerm(term, entry));
}

function matchesTerm(term: string, entry: LoggedEntry): boolean {
  const [, path = "", operator, operand = ""] = /^([\w.]+)(>=|>|=|:)(.+)$/.exec(term) ?? [];
  const value = readPath(path, entry);
  if (operator === ":" && operand === "*") return value !== undefined;
  if (operator === "=") return readStrings(operand).includes(String(value));
  if (path === "severity" && operator === ">=") return ranks.indexOf(String(value)) >= ranks.indexOf(operand);
  if (operator === ">") return typeof value === "number" && value > Number(operand);
  if (operator === ">=") return typeof value === "number" && value >= Number(operand);
  throw new Error(`Not understood: ${term}`);
}

function readStrings(operand: string): readonly string[] {
  const strings = operand.match(/^"[^"]*"$|^\("[^"]*"(?: OR "[^"]*")*\)$/);
  if (strings === null) throw new Error(`Neither a string nor a list of strings: ${operand}`);
  return [...operand.matchAll(/"([^"]*)"/g)].map(([, text = ""]) => text);
}

/** The value that a value or label extractor takes from an entry; undefined when there is none. */
export function extract(extractor: string, entry: LoggedEntry): unknown {
  const [, plain] = /^EXTRACT\(([\w.]+)\)$/.exec(extractor) ?? [];
  if (plain !== undefined) return readPath(plain, entry);
  const [, path = "", pattern = ""] = /^REGEXP_EXTRACT\(([\w.]+), "(.+)"\)$/.exec(extractor) ?? [];
  if (path === "") throw new Error(`Not understood: ${extractor}`);
  return new RegExp(pattern).exec(String(readPath(path, entry)))?.[1];
}

function readPath(path: string, entry: LoggedEntry): unknown {
  return path.split(".").reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], entry);
}
