// https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs
import { z } from "zod";
import { deployCommand, deployedName, logCommand } from "../../project/deployed.ts";
import type { Check, CheckContext } from "../check.ts";
import { fault, ok, warning, type Finding } from "../../../functions/src/doctor/finding.ts";
import { readLocalFunctions } from "../local-functions.ts";
import { listEndpoints, type PlannedFunction } from "../planned-functions.ts";

const job = z.object({
  name: z.string(),
  schedule: z.string().optional(),
  timeZone: z.string().optional(),
  state: z.string().optional(),
  status: z.object({ code: z.number().optional() }).optional(),
});

const jobPage = z.object({ jobs: z.array(job).default([]) });

/** Checks that Cloud Scheduler has a working job for every scheduled function. */
export const checkSchedules: Check = {
  name: "schedules",
  run: async (context) => {
    const { google, projectId, pbxUrl, region, settings } = context;
    const planned = (await listEndpoints(settings)).filter(({ schedule }) => schedule !== undefined);
    if (google === undefined) {
      const loaded = await readLocalFunctions(pbxUrl);
      const missing = planned.filter(({ name }) => !loaded.includes(deployedName(name))).map(({ name }) => name);
      if (missing.length > 0) return [fault(`the local stack has no ${missing.join(", ")}`, "npm start")];
      return [
        ok("the scheduled functions are loaded; the stack runs duePushes each minute, statistics and probe each hour"),
      ];
    }
    const path = `v1/projects/${projectId}/locations/${region}/jobs?pageSize=500`;
    const jobs = (await google.get("cloudscheduler", path, jobPage))?.jobs ?? [];
    const findings = planned.flatMap((one) => compare(context, one, jobs));
    return findings.length > 0 ? findings : [ok(`${planned.map(({ name }) => name).join(", ")} run on time`)];
  },
};

function compare(
  context: CheckContext,
  { name, schedule }: PlannedFunction,
  jobs: readonly z.infer<typeof job>[],
): readonly Finding[] {
  const { projectId, region } = context;
  const deploy = deployCommand(projectId, name);
  const id = `firebase-schedule-${deployedName(name)}-${region}`;
  const found = jobs.find((one) => one.name.endsWith(`/jobs/${id}`));
  if (found === undefined) return [fault(`${name} is never started: there is no job ${id}`, deploy)];
  const findings: Finding[] = [];
  if (found.state !== undefined && found.state !== "ENABLED") {
    const todo = `gcloud scheduler jobs resume ${id} --location ${region} --project ${projectId}`;
    findings.push(fault(`${name} is not started: its job is ${found.state}`, todo));
  }
  if (found.schedule !== schedule?.cron || found.timeZone !== schedule?.timeZone) {
    const seen = `${name} is started at ${found.schedule} ${found.timeZone}, not at ${schedule?.cron} ${schedule?.timeZone}`;
    findings.push(fault(seen, deploy));
  }
  if (found.status?.code !== undefined && found.status.code !== 0) {
    const todo = logCommand(projectId, name);
    findings.push(warning(`the last start of ${name} failed (code ${found.status.code})`, todo));
  }
  return findings;
}
