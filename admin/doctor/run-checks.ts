import { describe } from "../command/errors.ts";
import { checkApns } from "./checks/apns.ts";
import { checkPacking } from "./checks/audience.ts";
import { checkFcm } from "./checks/fcm.ts";
import { checkFunctions } from "./checks/functions.ts";
import { checkIndexes } from "./checks/indexes.ts";
import { checkKeys } from "./checks/keys.ts";
import { checkLines } from "./checks/lines.ts";
import { checkPbx } from "./checks/pbx.ts";
import { checkProbe } from "./checks/probe.ts";
import { checkRules } from "./checks/rules.ts";
import { checkSchedules } from "./checks/schedules.ts";
import { checkSettings } from "./checks/settings.ts";
import { checkWake } from "./checks/wake.ts";
import type { Check, CheckContext } from "./check.ts";
import { fault, type Finding } from "./finding.ts";

/** In order of dependency: later checks need what the earlier ones check. */
const checks: readonly Check[] = [
  checkSettings,
  checkKeys,
  checkRules,
  checkIndexes,
  checkFunctions,
  checkSchedules,
  checkFcm,
  checkApns,
  checkPacking,
  checkLines,
  checkPbx,
  checkProbe,
  checkWake,
];

/** A finding and the name of its check. */
export interface NamedFinding extends Finding {
  readonly check: string;
}

/** Runs the checks one after the other and yields each finding at once; a check that throws is a fault. */
export async function* runChecks(context: CheckContext): AsyncGenerator<NamedFinding, void, undefined> {
  for (const { name, run } of checks) {
    for (const finding of await runCheck(run, context)) yield { check: name, ...finding };
  }
}

async function runCheck(run: Check["run"], context: CheckContext): Promise<readonly Finding[]> {
  try {
    return await run(context);
  } catch (error) {
    const todo = "check the network, that the named API is enabled, and that your account may read it";
    return [fault(`check failed: ${describe(error)}`, todo)];
  }
}
