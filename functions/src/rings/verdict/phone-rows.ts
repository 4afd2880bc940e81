import type { Row } from "./finding.ts";
import type { PhoneCase } from "./phone-case.ts";

/** A part of the table of a phone's causes. */
export function phoneRows<const Cause extends string>(
  rows: readonly Row<PhoneCase, Cause>[],
): readonly Row<PhoneCase, Cause>[] {
  return rows;
}
