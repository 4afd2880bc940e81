/** Severity of a finding. */
export type Level = "ok" | "warning" | "fault";

/** One result of a check; `todo` says what to do unless the level is `ok`. */
export interface Finding {
  readonly level: Level;
  readonly seen: string;
  readonly todo?: string;
}

/** No fault. */
export function ok(seen: string): Finding {
  return { level: "ok", seen };
}

/** It works, but could be better or may fail soon. */
export function warning(seen: string, todo: string): Finding {
  return { level: "warning", seen, todo };
}

/** Something does not work. */
export function fault(seen: string, todo: string): Finding {
  return { level: "fault", seen, todo };
}

/** The first names of a list, and the number of the others. */
export function listSome(names: readonly string[], limit = 5): string {
  const more = names.length - limit;
  return more > 0 ? `${names.slice(0, limit).join(", ")} and ${more} more` : names.join(", ");
}
