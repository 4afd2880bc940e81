import { checkAudience } from "../devices/audience/check-audience.ts";
import { countAudience } from "../devices/audience/count-audience.ts";
import type { Services } from "../services.ts";
import { fault, ok, warning, type Finding } from "./finding.ts";

/** Recommended maximum; Firestore's limit for a document is 1 MiB. */
const devicesPerDocument = 2500;

/**
 * Checks that the audience documents agree with the devices: only then do campaigns reach every device. Up to
 * `comparedDevices` devices are compared with their entries, which reads every one; more are only counted.
 */
export async function checkPacking(services: Services, comparedDevices: number): Promise<readonly Finding[]> {
  const { audienceShards: shards, projectId } = services.config;
  const { devices, entries, outside } = await countAudience(services, shards);
  const mend = `npm run ops -- audience check --mend --project ${projectId}`;
  if (devices > shards * devicesPerDocument) {
    const todo = `deploy AUDIENCE_SHARDS=${Math.ceil(devices / devicesPerDocument)}, then npm run ops -- audience rebuild; see docs/scale.md`;
    return [warning(`${devices} devices are too many for ${shards} documents`, todo)];
  }
  if (outside > 0) {
    const todo = `npm run ops -- audience rebuild --shards ${shards} --project ${projectId}`;
    return [
      fault(`${outside} devices are packed in documents that no campaign reads (AUDIENCE_SHARDS=${shards})`, todo),
    ];
  }
  if (devices > comparedDevices) {
    if (devices !== entries) return [fault(`${devices} devices, but ${entries} entries`, mend)];
    return [ok(`${devices} devices and as many entries; npm run ops -- audience check compares them`)];
  }
  const { drift } = await checkAudience(services);
  const kinds = Object.entries(drift).map(([kind, times]) => `${times} ${kind}`);
  if (kinds.length > 0) return [fault(`devices and audience disagree: ${kinds.join(", ")}`, mend)];
  return [ok(`${devices} devices, all of them packed`)];
}
