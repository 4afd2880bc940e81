import { readFile } from "node:fs/promises";

/** A row of docs/log-events.md. */
export interface DocumentedEvent {
  readonly severity: string;
  /** Fields that each entry has. */
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

/** The events of docs/log-events.md by name; throws when a name occurs twice. */
export async function readDocumentedEvents(): Promise<ReadonlyMap<string, DocumentedEvent>> {
  const page = await readFile(new URL("../../docs/log-events.md", import.meta.url), "utf8");
  const events = new Map<string, DocumentedEvent>();
  for (const [, name = "", severity = "", fields = ""] of page.matchAll(/^\| `(\w+)` +\| (\w+) +\| ([^|]+) +\|/gm)) {
    if (events.has(name)) throw new Error(`${name} is documented twice`);
    const named = [...fields.matchAll(/(\[?)`(\w+)`/g)];
    events.set(name, {
      severity,
      required: named.filter(([, bracket]) => bracket === "").map(([, , field = ""]) => field),
      optional: named.filter(([, bracket]) => bracket !== "").map(([, , field = ""]) => field),
    });
  }
  return events;
}
