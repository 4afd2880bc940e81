import { extenNumber } from "../../functions/src/lines/exten-number.ts";
import { WrongUsage } from "./errors.ts";

/** An exten as the API takes it; throws {@link WrongUsage} otherwise. */
export function requireExten(exten: string): string {
  const parsed = extenNumber.safeParse(exten);
  if (!parsed.success) throw new WrongUsage(`exten ${exten} ${parsed.error.issues[0]?.message}`);
  return parsed.data;
}

/** A device id that Firestore can look up; throws {@link WrongUsage} otherwise. */
export function requireDeviceId(deviceId: string): string {
  if (deviceId === "" || deviceId.includes("/")) throw new WrongUsage(`${deviceId} is not the id of a device`);
  return deviceId;
}

/** Reads an option that takes a whole number from 1; its reader throws {@link WrongUsage} otherwise. */
export function wholeNumber(option: string, max: number): (given: string) => number {
  return (given) => {
    const number = Number(given);
    if (/^\d+$/.test(given) && number >= 1 && number <= max) return number;
    throw new WrongUsage(`${option} takes a whole number from 1 to ${max}, not ${given}`);
  };
}

/** The items of a list with commas; throws {@link WrongUsage} when one of them is empty. */
export function splitList(list: string): readonly string[] {
  const items = list.split(",").map((item) => item.trim());
  if (items.includes("")) throw new WrongUsage(`A list has commas between its items, and nothing empty: ${list}`);
  return items;
}
