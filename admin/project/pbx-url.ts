import { region } from "../../functions/src/config.ts";
import { host, ports } from "../../local/stack/ports.ts";
import { isLocal } from "./project.ts";

/** Where a project's PBX API is. */
export function pbxUrl(projectId: string): string {
  // https://cloud.google.com/functions/docs/calling/http: functions of the second generation have this address too.
  if (!isLocal(projectId)) return `https://${region}-${projectId}.cloudfunctions.net/pbx`;
  return `http://${host}:${ports.functions}/${projectId}/${region}/pbx`;
}
