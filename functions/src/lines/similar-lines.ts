import type { Services } from "../services.ts";
import { extenNumber } from "./exten-number.ts";
import { linesRef } from "./lines.ts";

/** What stands in front of a country code: E.164's plus, and what is dialled in most countries and in North America. */
const international = /^(?:\+|00|011)/;

/** A country code has one to three digits. Which digits it is, only a table of all countries tells: each length is tried. */
const codeLengths = [1, 2, 3];

/** Shorter numbers are extens of a PBX and have no country code: 82101 is not 101. */
const shortestNational = 7;

/**
 * How else a number may be written: with and without a country code, what stands in front of that, and a leading zero. Those
 * who provision lines and those who write dialplans do not always agree. Numbers without a country code are of `homeCode`.
 */
export function listSpellings(exten: string, homeCode: string): readonly string[] {
  const bare = exten.replace(/^\+?0*/, "");
  if (bare === "") return [];
  const digits = exten.replace(international, "");
  const ofHome = digits.startsWith(homeCode) ? [homeCode.length] : [];
  const withCode = (digits === exten ? ofHome : codeLengths).map(
    (length) => [digits.slice(0, length), digits.slice(length).replace(/^0/, "")] as const,
  );
  const full = [[homeCode, bare] as const, ...withCode].filter(([, { length }]) => length >= shortestNational);
  const spellings = full.flatMap(([code, national]) => {
    const written = `${code}${national}`;
    return [national, `0${national}`, `+${national}`, written, `+${written}`, `00${written}`, `011${written}`];
  });
  const plain = [bare, `0${bare}`, `00${bare}`, `+${bare}`];
  return [...new Set([...plain, ...spellings])].filter((one) => one !== exten && isExten(one));
}

function isExten(spelling: string): boolean {
  return extenNumber.safeParse(spelling).success;
}

/** The lines that exist of these. */
export async function findExisting({ db }: Pick<Services, "db">, lines: readonly string[]): Promise<readonly string[]> {
  if (lines.length === 0) return [];
  const snapshots = await db.getAll(...lines.map((line) => linesRef(db).doc(line)));
  return snapshots.filter(({ exists }) => exists).map(({ id }) => id);
}
