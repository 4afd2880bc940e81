import { extenNumber } from "../../functions/src/lines/exten-number.ts";
import { joinNumber } from "../command/arguments.ts";
import type { Common } from "../command/operation.ts";
import type { Here, NamedTime } from "../command/times.ts";
import type { Choice } from "./choose-rings.ts";
import type { Language } from "./format-verdict.ts";

/** The options of `calls why`. */
export interface WhyOptions extends Common {
  readonly exten?: string;
  readonly user?: string;
  readonly pbx?: string;
  readonly at?: NamedTime;
  readonly timeZone?: string;
  readonly lang?: Language;
}

/** What was asked, when and where. */
export interface Asked extends WhyOptions {
  readonly call: string | undefined;
  readonly here: Here;
}

/** The rings that are meant by the options; an exten may stand in the place of a call. */
export function choiceOf({ call, exten, user, pbx }: Asked): Choice | undefined {
  const named = call === undefined ? exten : extenNumber.safeParse(joinNumber(call)).data;
  return (named ?? user) === undefined ? undefined : { exten: named, user, pbx, allowsSpellings: true };
}
