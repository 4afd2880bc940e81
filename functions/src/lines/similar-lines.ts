import type { Services } from "../services.ts";
import { extenNumber } from "./exten-number.ts";
import { linesRef } from "./lines.ts";

/** The country code of numbers that are written without one. */
const countryCode = "82";

/** Shorter numbers are extens of a PBX and have no country code: 82101 is not 101. */
const shortestNational = 7;

/**
 * How else a number may be written: with and without the country code, a `+`, a leading zero. Those who provision lines and
 * those who write dialplans do not always agree.
 */
export function listSpellings(exten: string): readonly string[] {
  const digits = exten.replace(/^[+]/, "");
  const bare = digits.replace(/^0+/, "");
  if (bare === "") return [];
  const behind = bare.startsWith(countryCode) ? bare.slice(countryCode.length).replace(/^0+/, "") : "";
  const cores = [bare, ...(behind.length < shortestNational ? [] : [behind])];
  const spellings = cores.flatMap((core) => [
    core,
    `0${core}`,
    `00${core}`,
    `+${core}`,
    ...(core.length < shortestNational ? [] : [`${countryCode}${core}`, `+${countryCode}${core}`]),
  ]);
  return [...new Set(spellings)].filter((one) => one !== exten && extenNumber.safeParse(one).success);
}

/** The lines that exist of these. */
export async function findExisting({ db }: Pick<Services, "db">, lines: readonly string[]): Promise<readonly string[]> {
  if (lines.length === 0) return [];
  const snapshots = await db.getAll(...lines.map((line) => linesRef(db).doc(line)));
  return snapshots.filter(({ exists }) => exists).map(({ id }) => id);
}
