import { readDeployment } from "../../functions/src/config.ts";
import { host, ports } from "../../local/stack/ports.ts";
import { deployedName } from "./deployed.ts";
import { isLocal } from "./project.ts";
import { readSettings } from "./settings.ts";

/** URL of a project's PBX API. */
export function pbxUrl(projectId: string, settings = readSettings(projectId)): string {
  const { region } = readDeployment(settings);
  const name = deployedName("pbx");
  // https://cloud.google.com/functions/docs/calling/http: functions of the second generation have this address too.
  if (!isLocal(projectId)) return `https://${region}-${projectId}.cloudfunctions.net/${name}`;
  return `http://${host}:${ports.functions}/${projectId}/${region}/${name}`;
}
