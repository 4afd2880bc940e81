/** How bad it is. */
export type Level = "ok" | "warning" | "fault";

/** What one look at one thing has shown, and what to do when that is not well. */
export interface Finding {
  readonly level: Level;
  readonly seen: string;
  readonly todo?: string;
}

/** All is well. */
export function ok(seen: string): Finding {
  return { level: "ok", seen };
}

/** It works, and could be better, or might not work soon. */
export function warning(seen: string, todo: string): Finding {
  return { level: "warning", seen, todo };
}

/** Something does not work. */
export function fault(seen: string, todo: string): Finding {
  return { level: "fault", seen, todo };
}

/** One finding for several things of a kind: the first of them named, the others counted. */
export function listSome(names: readonly string[], limit = 5): string {
  const more = names.length - limit;
  return more > 0 ? `${names.slice(0, limit).join(", ")} and ${more} more` : names.join(", ");
}
