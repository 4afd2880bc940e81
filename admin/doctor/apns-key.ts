import { findLatestVersion, readSecret, setSecretCommand } from "../cloud/secret-manager.ts";
import { deployCommand, deployedName } from "../project/deployed.ts";
import type { CheckContext } from "./check.ts";
import { listDeployed } from "./deployed-functions.ts";
import { fault, warning, type Finding } from "../../functions/src/doctor/finding.ts";

const name = "APNS_KEY";

/** The key that the deployment works with; without a text there is none. */
export interface ApnsKey {
  readonly text?: string | undefined;
  readonly findings: readonly Finding[];
}

/** Reads the key: of the shell or the local stack, else the version of the secret that `pbx` is deployed with. */
export async function readApnsKey(context: CheckContext): Promise<ApnsKey> {
  const { google, services, projectId } = context;
  if (services.config.apnsKey !== undefined) return { text: services.config.apnsKey, findings: [] };
  const pbx = google === undefined ? undefined : (await listDeployed(context)).get(deployedName("pbx"));
  // That pbx is not deployed is a finding already.
  if (google === undefined || pbx === undefined) return { findings: [] };
  const bound = pbx.serviceConfig.secretEnvironmentVariables.find(({ key }) => key === name);
  if (bound === undefined)
    return { findings: [fault(`pbx is deployed without the secret ${name}`, deployCommand(projectId))] };
  const [text, latest] = await Promise.all([
    readSecret(google, projectId, bound),
    findLatestVersion(google, projectId, bound.secret),
  ]);
  if (text === undefined) {
    const todo = `${setSecretCommand(bound.secret, projectId)}, then ${deployCommand(projectId)}`;
    return {
      findings: [
        fault(`version ${bound.version} of the secret ${bound.secret}, which pbx works with, does not exist`, todo),
      ],
    };
  }
  const key = text.trim() === "none" ? undefined : text;
  if (bound.version === "latest" || latest === bound.version) return { text: key, findings: [] };
  const seen = `pbx works with version ${bound.version} of the secret ${bound.secret}, and version ${latest} is newer`;
  return { text: key, findings: [warning(seen, deployCommand(projectId))] };
}
