import { readRegion, type Config } from "./config.ts";

/** A function kit gives all functions one prefix: this one's name tells it. */
const ownName = /(?:console|probe)$/;

/** The PBX's API of this deployment: the function beside this one, unless the setting names a load balancer. */
export function findPbxUrl({ probe, pbxApiUrl, projectId, serviceName }: Config): string {
  if (probe.startsWith("https://")) return probe.replace(/\/+$/, "");
  if (pbxApiUrl !== undefined) return pbxApiUrl;
  const prefix = serviceName?.replace(ownName, "") ?? "";
  return `https://${readRegion()}-${projectId}.cloudfunctions.net/${prefix}pbx`;
}
