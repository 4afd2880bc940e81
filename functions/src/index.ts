import { disableDomains } from "./disable-domains.ts";

export { getServerSettings, muteCampaigns, registerDevice, unregisterDevice } from "./phone/devices.ts";
export { eraseMyData } from "./phone/erase-my-data.ts";
export { reportCall } from "./phone/report-call.ts";
export { operatorConsole as console } from "./console/console.ts";
export { campaignWorker, pathDaily, saveLocation } from "./jobs/campaigns.ts";
export { duePushes, pushWorker } from "./jobs/pushes.ts";
export { probe } from "./jobs/probe.ts";
export { statistics } from "./jobs/statistics.ts";
export { nightly } from "./jobs/nightly.ts";
export { pbx } from "./pbx/pbx.ts";

disableDomains();
