import type { ProbeStep } from "../../../functions/src/probe/judge-probe.ts";
import { readProbe, type ProbeResult } from "../../../functions/src/probe/probe-results.ts";
import { logCommand } from "../../project/deployed.ts";
import { settingsFile } from "../../project/settings.ts";
import type { Check, CheckContext } from "../check.ts";
import { fault, ok, warning, type Finding } from "../../../functions/src/doctor/finding.ts";

/** The probe rings each hour; one run may be skipped. */
const oldMs = 2.5 * 60 * 60 * 1000;

const guide = "docs/runbook.md, The probe does not come through";

/** Checks that the hourly probe has come through, lately. */
export const checkProbe: Check = {
  name: "probe",
  run: async (context) => {
    const { services, google, projectId } = context;
    if (services.config.probe === "off") return [ok(`the probe is switched off: PROBE in ${settingsFile(projectId)}`)];
    const last = await readProbe(services);
    if (last !== undefined) return [judge(context, last)];
    // The local stack, or a deployment that is younger than an hour.
    if (google === undefined) return [ok("the probe has not run yet; the stack runs it each hour")];
    return [warning("the probe has not run yet", "wait for an hour after the deployment, then run the doctor again")];
  },
};

function judge({ services, projectId, google }: CheckContext, { at, isOk, steps, callId }: ProbeResult): Finding {
  const when = at.toDate().toISOString();
  const broken = steps.find((step) => !step.isOk);
  if (!isOk && broken !== undefined) {
    const why = callId === undefined ? "" : `; npm run ops -- calls why ${callId} --project ${projectId}`;
    return fault(`the probe of ${when} did not come through: ${describe(broken)}`, `${guide}${why}`);
  }
  const ageMs = services.clock.now() - at.toMillis();
  if (google !== undefined && ageMs > oldMs)
    return warning(
      `the probe has not run since ${when}`,
      `see the finding on the schedules above, and ${logCommand(projectId, "probe")}`,
    );
  return ok(`the probe of ${when} came through: ${steps.map(describe).join(", ")}`);
}

function describe({ step, detail = "", ms }: ProbeStep): string {
  return [step, detail, ms === undefined ? "" : `${ms} ms`].filter(Boolean).join(" ");
}
