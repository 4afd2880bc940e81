export { getServerSettings, registerDevice, unregisterDevice } from "./app/devices.ts";
export { reportCall } from "./app/report-call.ts";
export { pbx } from "./pbx/pbx.ts";
