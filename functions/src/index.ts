export { getServerSettings, registerDevice, unregisterDevice } from "./app/devices.ts";
export { pbx } from "./pbx/pbx.ts";
