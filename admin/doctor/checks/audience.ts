import { findBadSettings } from "../../../functions/src/config.ts";
import { checkAudience } from "../../../functions/src/devices/audience/check-audience.ts";
import { countAudience } from "../../../functions/src/devices/audience/count-audience.ts";
import type { Check } from "../check.ts";
import { fault, ok, warning } from "../finding.ts";

/** A comparison reads every device; above this number, the doctor only counts. */
const comparedDevices = 5000;

/** Recommended maximum; Firestore's limit for a document is 1 MiB. */
const devicesPerDocument = 2500;

/** Checks that the audience documents agree with the devices: only then do campaigns reach every device. */
export const checkPacking: Check = {
  name: "audience",
  run: async ({ projectId, services, settings }) => {
    if (findBadSettings(settings).some(({ name }) => name === "AUDIENCE_SHARDS")) {
      return [warning("not compared: the number of documents is unknown", "correct AUDIENCE_SHARDS first")];
    }
    const shards = services.config.audienceShards;
    const count = await countAudience(services, shards);
    const { devices, entries, outside } = count;
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
  },
};
