import { describe } from "../command/errors.ts";
import { checkPacking } from "./checks/audience.ts";
import { checkFcm } from "./checks/fcm.ts";
import { checkFunctions } from "./checks/functions.ts";
import { checkIndexes } from "./checks/indexes.ts";
import { checkKeys } from "./checks/keys.ts";
import { checkLines } from "./checks/lines.ts";
import { checkPbx } from "./checks/pbx.ts";
import { checkRules } from "./checks/rules.ts";
import { checkSchedules } from "./checks/schedules.ts";
import { checkSettings } from "./checks/settings.ts";
import { checkWake } from "./checks/wake.ts";
import type { Check, Examined } from "./examined.ts";
import { fault, type Finding } from "./finding.ts";

/** From what everything rests on to what rests on everything. */
const checks: readonly Check[] = [
  checkSettings,
  checkKeys,
  checkRules,
  checkIndexes,
  checkFunctions,
  checkSchedules,
  checkFcm,
  checkPacking,
  checkLines,
  checkPbx,
  checkWake,
];

/** A finding and what was looked at. */
export interface NamedFinding extends Finding {
  readonly check: string;
}

/** Looks at everything, one after the other, and tells of each finding as it is made; a look that fails is a finding. */
export async function* examine(examined: Examined): AsyncGenerator<NamedFinding, void, undefined> {
  for (const { name, run } of checks) {
    for (const finding of await look(run, examined)) yield { check: name, ...finding };
  }
}

async function look(run: Check["run"], examined: Examined): Promise<readonly Finding[]> {
  try {
    return await run(examined);
  } catch (error) {
    const todo = "see that the network is there, that the API it names is enabled and that your account may read it";
    return [fault(`could not be looked at: ${describe(error)}`, todo)];
  }
}
