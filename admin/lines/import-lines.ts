import { readFile } from "node:fs/promises";
import { assignLines } from "../../functions/src/lines/lines.ts";
import type { Services } from "../../functions/src/services.ts";
import { findUsers } from "../../functions/src/users/find-users.ts";
import { parseLinesCsv, type RowFault } from "./parse-lines-csv.ts";

/** How an import has ended: with faults nothing was written. */
export interface Imported {
  readonly rows: number;
  readonly written: number;
  readonly faults: readonly RowFault[];
}

/** How to import. */
export interface ImportOptions {
  /** Check only. */
  readonly dryRun: boolean;
  readonly onProgress: (done: number, total: number) => void;
}

/** Gives the extens of a CSV file to their users: all of them, or none when any row is wrong. */
export async function importLines(
  services: Services,
  file: string,
  { dryRun, onProgress }: ImportOptions,
): Promise<Imported> {
  const { rows, faults } = parseLinesCsv(await readFile(file, "utf8"));
  const unsound = new Set(faults.map(({ line }) => line));
  const sound = rows.filter(({ line }) => !unsound.has(line));
  const users = await findUsers(
    services,
    sound.map(({ user }) => user),
    onProgress,
  );
  const strangers = sound.filter(({ user }) => !users.has(user));
  const all = [...faults, ...strangers.map(({ line, user }) => ({ line, reason: `there is no user ${user}` }))];
  if (all.length > 0 || dryRun || rows.length === 0) {
    return { rows: rows.length, written: 0, faults: all.toSorted((one, other) => one.line - other.line) };
  }
  const lines = rows.map(({ exten, user }) => ({ exten, uid: users.get(user)?.uid ?? user }));
  await assignLines(services, lines);
  return { rows: rows.length, written: lines.length, faults: [] };
}
