import type { Services } from "../services.ts";
import { findKeysAt } from "./find-keys-at.ts";
import { historyMs } from "./ring.ts";
import type { Finding } from "./verdict/finding.ts";
import type { KeyThen } from "./verdict/missing-rows.ts";
import { explainMissing, type MissingCause } from "./verdict/verdict.ts";

/** A call of which there is no ring. */
export interface MissingCall {
  /** When the phone should have rung, in milliseconds since the epoch; absent if nobody has said. */
  readonly at?: number | undefined;
  /** The PBX that should have announced it, if that is known. */
  readonly pbxId?: string | undefined;
  readonly exten?: string | undefined;
  readonly timeZone: string;
}

/** Why there is no ring. */
export interface MissingVerdict {
  readonly finding: Finding<MissingCause>;
  /** PBXs of which no key worked then; they are not blamed, because another PBX may have been meant. */
  readonly suspects: readonly KeyThen[];
  /** The PBX that was named had no key then, dead or alive. */
  readonly isUnknownPbx: boolean;
}

/** Says why there is no ring of a call: the keys of its PBX may tell. */
export async function explainMissingCall(services: Services, missing: MissingCall): Promise<MissingVerdict> {
  const { at, pbxId, exten, timeZone } = missing;
  const time = at ?? services.clock.now();
  const { dead, hasWorking } = await findKeysAt(services, { time, pbxId, exten });
  const isGuess = pbxId === undefined && hasWorking;
  const keys = isGuess ? [] : dead.slice(0, 1);
  return {
    finding: explainMissing({ time, isNow: at === undefined, keys, timeZone }),
    suspects: isGuess ? dead : [],
    isUnknownPbx: pbxId !== undefined && dead.length === 0 && !hasWorking,
  };
}

/** The PBX in a call's name `<pbx>~<call_id>`; `undefined` if it names none. */
export function findPbxIn(name: string): string | undefined {
  return name.includes("~") ? name.slice(0, name.indexOf("~")) : undefined;
}

/** When a call began, by its name: Asterisk's ids begin with the second. `undefined` if that is no time of the history. */
export function findTimeIn(name: string, now: number): number | undefined {
  const begun = Number(/(?:^|[~-])(\d{10})\.\d+$/.exec(name)?.[1]) * 1000;
  return begun > now - historyMs && begun <= now ? begun : undefined;
}
