import type { DeviceRow } from "../../../functions/src/console/wire.ts";

/** What a phone is called: its model, or its id if the app says no more than the system. */
export function namePhone({ model, platform, deviceId }: Pick<DeviceRow, "deviceId"> & Partial<DeviceRow>): string {
  return model === undefined || model === platform ? deviceId : model;
}
