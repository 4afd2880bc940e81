import { z } from "zod";
import { checkPacking } from "../../doctor/check-audience.ts";
import { checkFcm } from "../../doctor/check-fcm.ts";
import { checkKeys } from "../../doctor/check-keys.ts";
import { checkLines } from "../../doctor/check-lines.ts";
import { checkPushes } from "../../doctor/check-pushes.ts";
import { fault, warning, type Finding, type Level } from "../../doctor/finding.ts";
import type { Services } from "../../services.ts";
import { action } from "../action.ts";
import { isoTime } from "../show/time.ts";
import type { DoctorFinding } from "../wire.ts";

/** A look, not an audit: a sample shows a general fault, and `ops doctor` reads them all. */
const checkedLines = 200;
const comparedDevices = 0;

/** Checks that need no rights but the functions' own. */
const checks: Readonly<Record<string, (services: Services) => Promise<readonly Finding[]>>> = {
  apns: async ({ config }) => {
    return config.apnsFaults.map(({ name, message }) => fault(`${name}: ${message}`, "correct it, and deploy"));
  },
  keys: checkKeys,
  fcm: async (services) => checkFcm(services),
  audience: async (services) => checkPacking(services, comparedDevices),
  lines: async (services) => checkLines(services, checkedLines),
  pushes: checkPushes,
};

/** What a function can find out about the service by itself. */
export const doctor = action<"doctor">()(z.strictObject({}), async ({ services }) => {
  const found = await Promise.all(
    Object.entries(checks).map(async ([check, run]) => {
      return (await runCheck(services, check, run)).map((finding) => describe(check, finding));
    }),
  );
  return { findings: found.flat(), checkedAt: isoTime(services.clock.now()) };
});

async function runCheck(
  services: Services,
  check: string,
  run: (services: Services) => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return await run(services);
  } catch (error) {
    services.log.error("console_check_failed", { check, error });
    return [warning("the check itself failed", "the log has the reason (console_check_failed); npm run ops -- doctor")];
  }
}

const levels: Readonly<Record<Level, DoctorFinding["level"]>> = { ok: "ok", warning: "warn", fault: "error" };

function describe(check: string, { level, seen, todo }: Finding): DoctorFinding {
  return { level: levels[level], check, message: seen, ...(todo !== undefined && { remedy: todo }) };
}
