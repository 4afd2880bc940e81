import { findBadSettings } from "../../../functions/src/config.ts";
import { checkAudience } from "../../../functions/src/devices/audience/check-audience.ts";
import { countAudience } from "../../../functions/src/devices/audience/count-audience.ts";
import type { Check } from "../examined.ts";
import { fault, ok, warning } from "../finding.ts";

/** Comparing reads every device; beyond so many the doctor only counts. */
const comparedDevices = 5000;

/** Some 2,500 devices fill a document as far as is good, and Firestore takes 1 MiB. */
const devicesPerDocument = 2500;

/** Whether campaigns reach every device: whether the packed documents agree with the devices. */
export const checkPacking: Check = {
  name: "audience",
  run: async ({ projectId, services, settings }) => {
    if (findBadSettings(settings).some(({ name }) => name === "AUDIENCE_SHARDS")) {
      return [warning("not compared: how many documents there are is not known", "put AUDIENCE_SHARDS right first")];
    }
    const shards = services.config.audienceShards;
    const count = await countAudience(services, shards);
    const { devices, entries, outside } = count;
    const mend = `npm run ops -- audience check --mend --project ${projectId}`;
    if (devices > shards * devicesPerDocument) {
      const todo = `deploy AUDIENCE_SHARDS=${Math.ceil(devices / devicesPerDocument)}, then npm run ops -- audience rebuild; see docs/scale.md`;
      return [warning(`${devices} devices are many for ${shards} documents`, todo)];
    }
    if (outside > 0) {
      const todo = `npm run ops -- audience rebuild --shards ${shards} --project ${projectId}`;
      return [fault(`${outside} devices are packed where no campaign looks (AUDIENCE_SHARDS=${shards})`, todo)];
    }
    if (devices > comparedDevices) {
      if (devices !== entries) return [fault(`${devices} devices, and ${entries} of them packed`, mend)];
      return [ok(`${devices} devices, as many packed; npm run ops -- audience check compares each`)];
    }
    const { drift } = await checkAudience(services);
    const kinds = Object.entries(drift).map(([kind, times]) => `${times} ${kind}`);
    if (kinds.length > 0) return [fault(`devices and audience disagree: ${kinds.join(", ")}`, mend)];
    return [ok(`${devices} devices, all of them packed`)];
  },
};
