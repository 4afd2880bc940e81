/** The sections of the console, in the order of the navigation. */
export const sections = [
  "overview",
  "calls",
  "phones",
  "lines",
  "keys",
  "campaigns",
  "pushes",
  "doctor",
  "audit",
] as const;

export type Section = (typeof sections)[number];

/** A place in the console: a section, what of it is shown, and filters. In the address: `#/calls/<id>?exten=101`. */
export interface Route {
  readonly section: Section;
  /** What one thing is shown of the section: none for the list of all. */
  readonly path: readonly string[];
  readonly query: Readonly<Record<string, string>>;
}

/** Reads an address's hash; an unknown one is the overview. */
export function parseRoute(hash: string): Route {
  const [, path = "", query = ""] = /^#\/([^?]*)\??(.*)$/.exec(hash) ?? [];
  const [name = "", ...rest] = path.split("/").filter(Boolean).map(decodeSafely);
  const section = sections.find((one) => one === name) ?? "overview";
  return { section, path: rest, query: Object.fromEntries(new URLSearchParams(query)) };
}

/** The hash of a place; empty filters are left out. */
export function hrefTo(
  section: Section,
  path: readonly string[] = [],
  query: Readonly<Record<string, string | undefined>> = {},
): string {
  const filters = Object.entries(query).filter((entry): entry is [string, string] => (entry[1] ?? "") !== "");
  const search = filters.length === 0 ? "" : `?${new URLSearchParams(filters).toString()}`;
  return `#/${[section, ...path.map(encodeURIComponent)].join("/")}${search}`;
}

function decodeSafely(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
