// https://cloud.google.com/functions/docs/reference/rest/v2/projects.locations.functions and
// https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/get
import { z } from "zod";
import { settingNames } from "../../../functions/src/config.ts";
import { deployCommand, deployedName, logCommand } from "../../deployed.ts";
import { secretName } from "../../keys/key-secret.ts";
import { settingsFile } from "../../settings.ts";
import type { Check, Examined } from "../examined.ts";
import { fault, ok, warning, type Finding } from "../finding.ts";
import { readLocalFunctions } from "../local-functions.ts";
import { listEndpoints } from "../planned-functions.ts";

const deployedFunction = z.object({
  name: z.string(),
  state: z.string().optional(),
  serviceConfig: z
    .object({
      minInstanceCount: z.number().default(0),
      environmentVariables: z.record(z.string(), z.string()).default({}),
      secretEnvironmentVariables: z.array(z.object({ key: z.string(), version: z.string() })).default([]),
    })
    .prefault({}),
});

const functionPage = z.object({ functions: z.array(deployedFunction).default([]) });
const secretVersion = z.object({ name: z.string() });

/** Whether every function is deployed, with the settings and keys there are. */
export const checkFunctions: Check = {
  name: "functions",
  run: async (examined) => {
    const planned = (await listEndpoints(examined.settings)).map(({ name }) => deployedName(name));
    const deployed = await listDeployed(examined);
    const missing = planned.filter((name) => !deployed.has(name));
    const start = examined.google === undefined ? "npm start" : deployCommand(examined.projectId);
    if (missing.length > 0) return [fault(`not deployed: ${missing.join(", ")}`, start)];
    const broken = [...deployed.values()].filter(({ state }) => state !== undefined && state !== "ACTIVE");
    const faults = broken.map(({ name, state }) => {
      return fault(`${nameOf(name)} is ${state}`, `${start}, and look at ${logCommand(examined.projectId)}`);
    });
    const pbx = deployed.get(deployedName("pbx"));
    return [
      ...(faults.length > 0 ? faults : [ok(`all ${planned.length} functions are deployed`)]),
      ...(examined.google === undefined || pbx === undefined ? [] : await checkPbx(examined, pbx)),
    ];
  },
};

type Deployed = z.infer<typeof deployedFunction>;

async function listDeployed({ google, projectId, pbxUrl, region }: Examined): Promise<ReadonlyMap<string, Deployed>> {
  const found =
    google === undefined
      ? (await readLocalFunctions(pbxUrl)).map((name) => deployedFunction.parse({ name }))
      : (
          await google.get(
            "cloudfunctions",
            `v2/projects/${projectId}/locations/${region}/functions?pageSize=200`,
            functionPage,
          )
        )?.functions;
  return new Map(found?.map((one) => [nameOf(one.name), one]));
}

function nameOf(resource: string): string {
  return resource.split("/").at(-1) ?? resource;
}

async function checkPbx(examined: Examined, { serviceConfig }: Deployed): Promise<readonly Finding[]> {
  const { minInstanceCount, environmentVariables, secretEnvironmentVariables } = serviceConfig;
  const { projectId } = examined;
  const deploy = deployCommand(projectId);
  const findings: Finding[] = [];
  if (minInstanceCount === 0) {
    const todo = `set CALL_MIN_INSTANCES=1 in ${settingsFile(projectId)} and deploy (docs/deploy.md says what it costs), or live with it`;
    findings.push(
      warning("pbx has no minimum instance: the first call after a quiet time waits for a cold start", todo),
    );
  } else findings.push(ok(`pbx keeps ${minInstanceCount} instances`));
  for (const name of settingNames) {
    const [here, there] = [examined.settings[name], environmentVariables[name]];
    if (here === undefined || there === undefined || here === there) continue;
    findings.push(warning(`${name} is deployed as ${there}, and ${here} here`, deploy));
  }
  const used = secretEnvironmentVariables.find(({ key }) => key === secretName)?.version;
  const path = `v1/projects/${projectId}/secrets/${deployedName(secretName)}/versions/latest`;
  const latest = (await examined.google?.get("secretmanager", path, secretVersion))?.name.split("/").at(-1);
  if (used !== undefined && latest !== undefined && used !== latest && used !== "latest") {
    const todo = deployCommand(projectId, "pbx");
    findings.push(warning(`pbx has version ${used} of ${secretName}, and ${latest} is the latest`, todo));
  }
  return findings;
}
