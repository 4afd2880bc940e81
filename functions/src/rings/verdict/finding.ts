import type { Words } from "./words.ts";

/** One cause, in a sentence to read out, and what to do about it. */
export interface Finding<Cause extends string> {
  readonly cause: Cause;
  readonly says: Words;
  readonly todo: Words;
}

/** A row of a table of causes, which is read from top to bottom: the first row that fits is the cause. */
export interface Row<Case, Cause extends string> {
  readonly cause: Cause;
  /** What shows it, for docs/verdicts.md. */
  readonly evidence: string;
  readonly fits: (one: Case) => boolean;
  readonly says: (one: Case) => Words;
  readonly todo: Words;
}

/** The first row that fits; the last row of a table fits always. */
export function findRow<Case, Cause extends string>(table: readonly Row<Case, Cause>[], one: Case): Row<Case, Cause> {
  const row = table.find(({ fits }) => fits(one));
  if (row === undefined) throw new Error("No cause fits: the last row of a table has to");
  return row;
}

/** The cause of a case, in words. */
export function findCause<Case, Cause extends string>(table: readonly Row<Case, Cause>[], one: Case): Finding<Cause> {
  const { cause, says, todo } = findRow(table, one);
  return { cause, says: says(one), todo };
}
