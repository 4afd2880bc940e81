import { keyGrant } from "../../functions/src/keys/pbx-key.ts";
import { extenNumber } from "../../functions/src/lines/exten-number.ts";
import { documentId } from "../../functions/src/parse-input.ts";
import { isEmail } from "../../functions/src/users/find-users.ts";
import { isUserId } from "../../functions/src/users/user-id.ts";
import { WrongUsage } from "./errors.ts";

/** Checks an exten by the API's rules; throws {@link WrongUsage}. */
export function requireExten(exten: string): string {
  const parsed = extenNumber.safeParse(exten);
  if (!parsed.success) throw new WrongUsage(`exten ${exten} ${parsed.error.issues[0]?.message}`);
  return parsed.data;
}

/** Checks an exten that is looked for: people write numbers with hyphens and spaces. Throws {@link WrongUsage}. */
export function readExten(number: string): string {
  return requireExten(joinNumber(number));
}

/** A number without what people write between its digits. */
export function joinNumber(number: string): string {
  return number.replaceAll(/[\s()-]/g, "");
}

/** Checks the name of a PBX; throws {@link WrongUsage}. */
export function requirePbx(pbxId: string): string {
  const parsed = keyGrant.shape.pbxId.safeParse(pbxId);
  if (!parsed.success) throw new WrongUsage(`PBX "${pbxId}" ${parsed.error.issues[0]?.message}`);
  return parsed.data;
}

/** Whether Firestore can look up a device id. */
export function isDeviceId(deviceId: string): boolean {
  return deviceKey.safeParse(deviceId).success;
}

/** Checks that Firestore can look up a device id; throws {@link WrongUsage}. */
export function requireDeviceId(deviceId: string): string {
  const parsed = deviceKey.safeParse(deviceId);
  if (!parsed.success) throw new WrongUsage(`device id "${deviceId}" ${parsed.error.issues[0]?.message}`);
  return parsed.data;
}

const deviceKey = documentId(/^[^/]+$/, "must be 1 or more characters without a slash");

/** Checks a user's uid or email; throws {@link WrongUsage}. */
export function requireUser(user: string): string {
  if (isEmail(user) || isUserId(user)) return user;
  throw new WrongUsage(`user "${user}" is neither a uid nor an email`);
}

/** A parser for an option that takes a whole number from 1 to `max`; the parser throws {@link WrongUsage}. */
export function wholeNumber(option: string, max: number): (given: string) => number {
  return (given) => {
    const number = Number(given);
    if (/^\d+$/.test(given) && number >= 1 && number <= max) return number;
    throw new WrongUsage(`${option} takes a whole number from 1 to ${max}, not ${given}`);
  };
}

/** Splits a comma-separated list; throws {@link WrongUsage} if an item is empty. */
export function splitList(list: string): readonly string[] {
  const items = list.split(",").map((item) => item.trim());
  if (items.includes("")) throw new WrongUsage(`A list is separated by commas and has no empty item: ${list}`);
  return items;
}

const unitMs: Readonly<Record<string, number>> = { m: 60_000, h: 60 * 60_000, d: 24 * 60 * 60_000 };

/** A duration in milliseconds: `90m`, `24h`, `7d`; `undefined` if the text is none. */
export function parseDuration(text: string): number | undefined {
  const [, number, unit = ""] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const ms = unitMs[unit];
  return ms === undefined ? undefined : Number(number) * ms;
}
