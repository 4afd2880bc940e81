import type { Device } from "../../devices/device.ts";
import { findDevicesOfExten } from "../../devices/find-devices.ts";
import { buildProbePhones, isProbe } from "../../probe/probe-phones.ts";
import type { Services } from "../../services.ts";

/** The phones that ring for a line. The probe's ring costs the same query, but its phones are in no database. */
export async function findPhones(
  services: Services,
  announced: { readonly pbxId: string; readonly line: string },
): Promise<readonly Device[]> {
  const devices = await findDevicesOfExten(services, announced.line);
  return isProbe(announced) ? buildProbePhones(services) : devices;
}
