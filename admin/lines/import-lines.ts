import { readFile } from "node:fs/promises";
import { assignLines } from "../../functions/src/lines/lines.ts";
import type { Services } from "../../functions/src/services.ts";
import { findUsers, isUnverified } from "../../functions/src/users/find-users.ts";
import { findEatenZeros } from "./find-eaten-zeros.ts";
import { parseLinesCsv, type RowFault } from "./parse-lines-csv.ts";

/** Result of an import; with faults, nothing was written. */
export interface Imported {
  readonly rows: number;
  readonly written: number;
  readonly faults: readonly RowFault[];
  /** What a spreadsheet may have changed; these rows are written all the same. */
  readonly warnings: readonly string[];
}

/** Options of an import. */
export interface ImportOptions {
  /** Check only. */
  readonly dryRun: boolean;
  readonly onProgress: (done: number, total: number) => void;
}

/** Assigns the extens of a CSV file to their users: all rows, or none if one is wrong. */
export async function importLines(
  services: Services,
  file: string,
  { dryRun, onProgress }: ImportOptions,
): Promise<Imported> {
  const { rows, faults } = parseLinesCsv(await readFile(file, "utf8"));
  const faulty = new Set(faults.map(({ line }) => line));
  const sound = rows.filter(({ line }) => !faulty.has(line));
  const users = await findUsers(
    services,
    sound.map(({ user }) => user),
    onProgress,
  );
  const refused = sound.flatMap(({ line, user: name }) => {
    const user = users.get(name);
    if (user === undefined) return [{ line, reason: `there is no user ${name}` }];
    return isUnverified(name, user) ? [{ line, reason: `${name} is not verified; its uid is ${user.uid}` }] : [];
  });
  const all = [...faults, ...refused].toSorted((one, other) => one.line - other.line);
  const warnings = await findEatenZeros(services, sound);
  const checked = { rows: rows.length, written: 0, faults: all, warnings };
  if (all.length > 0 || dryRun || rows.length === 0) return checked;
  const lines = rows.map(({ exten, user }) => ({ exten, uid: users.get(user)?.uid ?? user }));
  await assignLines(services, lines);
  return { ...checked, written: lines.length };
}
