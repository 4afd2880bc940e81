import { findBadSettings } from "../../functions/src/config.ts";
import { checkPacking } from "../../functions/src/doctor/check-audience.ts";
import { checkFcm } from "../../functions/src/doctor/check-fcm.ts";
import { checkKeys } from "../../functions/src/doctor/check-keys.ts";
import { checkLines } from "../../functions/src/doctor/check-lines.ts";
import { fault, warning, type Finding } from "../../functions/src/doctor/finding.ts";
import { describe } from "../command/errors.ts";
import { findDevice } from "../devices/find-device.ts";
import { checkApns } from "./checks/apns.ts";
import { checkFunctions } from "./checks/functions.ts";
import { checkIndexes } from "./checks/indexes.ts";
import { checkPbx } from "./checks/pbx.ts";
import { checkProbe } from "./checks/probe.ts";
import { checkRules } from "./checks/rules.ts";
import { checkSchedules } from "./checks/schedules.ts";
import { checkSettings } from "./checks/settings.ts";
import { checkWake } from "./checks/wake.ts";
import type { Check, CheckContext } from "./check.ts";

/** Above this number of devices, the doctor only counts them. */
const comparedDevices = 5000;

/** In order of dependency: later checks need what the earlier ones check. */
const checks: readonly Check[] = [
  checkSettings,
  { name: "keys", run: ({ services }) => checkKeys(services) },
  checkRules,
  checkIndexes,
  checkFunctions,
  checkSchedules,
  { name: "fcm", run: checkRegistrations },
  checkApns,
  { name: "audience", run: checkAudience },
  { name: "lines", run: ({ services }) => checkLines(services) },
  checkPbx,
  checkProbe,
  checkWake,
];

async function checkRegistrations({ services, device }: CheckContext): Promise<readonly Finding[]> {
  return checkFcm(services, device === undefined ? undefined : await findDevice(services, device));
}

async function checkAudience({ services, settings }: CheckContext): Promise<readonly Finding[]> {
  if (findBadSettings(settings).some(({ name }) => name === "AUDIENCE_SHARDS")) {
    return [warning("not compared: the number of documents is unknown", "correct AUDIENCE_SHARDS first")];
  }
  return checkPacking(services, comparedDevices);
}

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
