import { findExisting } from "../../functions/src/lines/similar-lines.ts";
import type { Services } from "../../functions/src/services.ts";
import type { LineRow } from "./parse-lines-csv.ts";

/**
 * Warns of extens that look as if a spreadsheet had taken them for numbers, which have no leading zero and no plus: those
 * of the length of a Korean number without its zero, and those of which a line with the zero or the plus exists.
 */
export async function findEatenZeros(
  services: Pick<Services, "db" | "config">,
  rows: readonly LineRow[],
): Promise<readonly string[]> {
  const { countryCode } = services.config;
  const bare = rows.filter(({ exten }) => /^[1-9]\d*$/.test(exten));
  const longer = new Set(await findLines(services, bare));
  const twins = bare.filter(({ exten }) => spell(exten).some((line) => longer.has(line)));
  const short = bare.filter((row) => isShort(row, countryCode) && !twins.includes(row));
  const known = twins.map(({ exten }) => spell(exten).find((line) => longer.has(line)) ?? "");
  return [
    ...warn(twins, `are lines already with a leading zero or plus, such as ${known[0] ?? ""}`),
    ...warn(short, "have 9 or 10 digits and no leading zero"),
  ];
}

/** Numbers of Korean subscribers, and of many countries', have 9 to 11 digits with their zero. */
function isShort({ exten }: LineRow, countryCode: string): boolean {
  return /^\d{9,10}$/.test(exten) && !exten.startsWith(countryCode);
}

function spell(exten: string): readonly string[] {
  return [`0${exten}`, `+${exten}`];
}

/** Firestore's client reads so many documents in one request without trouble. */
const perRequest = 500;

async function findLines(services: Pick<Services, "db">, rows: readonly LineRow[]): Promise<readonly string[]> {
  const wanted = rows.flatMap(({ exten }) => spell(exten));
  const found: string[] = [];
  for (let start = 0; start < wanted.length; start += perRequest) {
    found.push(...(await findExisting(services, wanted.slice(start, start + perRequest))));
  }
  return found;
}

function warn(rows: readonly LineRow[], what: string): readonly string[] {
  const [first] = rows;
  if (first === undefined) return [];
  const advice = "Did a spreadsheet change them? Format the column as text, and see that each number is whole";
  return [`${rows.length} extens ${what}; the first is ${first.exten} in line ${first.line}. ${advice}.`];
}
