import { findNameFault } from "../../functions/src/keys/name-fault.ts";
import { keyGrant, type KeyGrant } from "../../functions/src/keys/pbx-key.ts";
import { explainIssue } from "../../functions/src/parse-input.ts";
import { parseDuration } from "../command/arguments.ts";
import { WrongUsage } from "../command/errors.ts";

/** What `keys add` may restrict. */
export interface GrantOptions {
  readonly scopes?: readonly string[];
  readonly extens?: readonly string[];
  readonly prefix?: string;
  readonly ips?: readonly string[];
  readonly rate?: number;
  readonly expires?: Date;
  readonly note?: string;
}

/** What a new key allows: calls alone, unless told otherwise. Throws {@link WrongUsage}. */
export function parseGrant(pbxId: string, options: GrantOptions): KeyGrant {
  const fault = findNameFault(pbxId);
  if (fault !== undefined) throw new WrongUsage(fault);
  const { scopes = ["calls"], extens, prefix, ips, rate, note } = options;
  const given = { pbxId, scopes, extens, extenPrefix: prefix, ips, requestsPerSecond: rate, note };
  const grant = keyGrant.safeParse(JSON.parse(JSON.stringify(given)), { error: explainIssue });
  if (grant.success) return grant.data;
  const faults = grant.error.issues.map(({ path: [field, index], message }) => {
    const value = new Map<unknown, unknown>(Object.entries(given)).get(field);
    return `${String(field)} ${String(Array.isArray(value) ? value[Number(index)] : value)}: ${message}`;
  });
  throw new WrongUsage(faults.join("; "));
}

/** A date, or a time from now: `30d`, `12h`. Throws {@link WrongUsage} unless it is in the future. */
export function parseExpiry(given: string): Date {
  const isDate = /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2}))?$/.test(given);
  const at = isDate ? Date.parse(given) : Date.now() + (parseDuration(given) ?? NaN);
  if (at > Date.now()) return new Date(at);
  throw new WrongUsage(
    `--expires takes a date to come, such as 2027-01-31, or a time from now, such as 30d, not ${given}`,
  );
}
