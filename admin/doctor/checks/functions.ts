import { secretNames, settingNames } from "../../../functions/src/config.ts";
import { deployCommand, deployedName, logCommand } from "../../project/deployed.ts";
import { settingsFile } from "../../project/settings.ts";
import { listDeployed, nameOf, type DeployedFunction } from "../deployed-functions.ts";
import type { Check, CheckContext } from "../check.ts";
import { fault, ok, warning, type Finding } from "../../../functions/src/doctor/finding.ts";
import { listEndpoints } from "../planned-functions.ts";

/** Checks that every function is deployed with this checkout's settings. */
export const checkFunctions: Check = {
  name: "functions",
  run: async (context) => {
    const planned = (await listEndpoints(context.settings)).map(({ name }) => deployedName(name));
    const deployed = await listDeployed(context);
    const missing = planned.filter((name) => !deployed.has(name));
    const start = context.google === undefined ? "npm start" : deployCommand(context.projectId);
    if (missing.length > 0) return [fault(`not deployed: ${missing.join(", ")}`, start)];
    const broken = [...deployed.values()].filter(({ state }) => state !== undefined && state !== "ACTIVE");
    const faults = broken.map((one) => {
      return fault(`${nameOf(one)} is ${one.state}`, `${start}, and look at ${logCommand(context.projectId)}`);
    });
    const pbx = deployed.get(deployedName("pbx"));
    return [
      ...(faults.length > 0 ? faults : [ok(`all ${planned.length} functions are deployed`)]),
      ...(context.google === undefined || pbx === undefined ? [] : checkPbx(context, pbx)),
    ];
  },
};

function checkPbx({ projectId, settings }: CheckContext, { serviceConfig }: DeployedFunction): readonly Finding[] {
  const { minInstanceCount, environmentVariables } = serviceConfig;
  const deploy = deployCommand(projectId);
  const findings: Finding[] = [];
  if (minInstanceCount === 0) {
    const todo = `set CALL_MIN_INSTANCES=1 in ${settingsFile(projectId)} and deploy (docs/deploy.md gives the cost), or accept it`;
    findings.push(
      warning("pbx has no minimum instance: the first call after a quiet time waits for a cold start", todo),
    );
  } else findings.push(ok(`pbx keeps ${minInstanceCount} instances`));
  for (const name of settingNames) {
    const [here, there] = [settings[name], environmentVariables[name]];
    if (there === undefined) continue;
    if (secretNames.includes(name)) {
      findings.push(
        fault(
          `the secret ${name} is deployed as plain text`,
          `take it out of ${settingsFile(projectId)}, then ${deploy}`,
        ),
      );
      continue;
    }
    if (here === undefined || here === there) continue;
    findings.push(warning(`${name} is deployed as ${there}, but is ${here} here`, deploy));
  }
  return findings;
}
