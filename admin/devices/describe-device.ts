import type { Device } from "../../functions/src/devices/device.ts";
import { hideRegistration, shortenRegistration } from "../../functions/src/registration.ts";
import { clean } from "../../functions/src/rings/verdict/words.ts";

/** The printed form of a device in a list. */
export function describeDevice(device: Device) {
  const { deviceId, uid, extens, platform, registration, appVersion, lastSeenAt, stale } = device;
  return {
    deviceId,
    uid,
    extens,
    platform,
    registration: shortenRegistration(registration),
    appVersion,
    lastSeenAt: lastSeenAt.toDate().toISOString(),
    stale,
  };
}

/** All that is known of a device, but its addresses. */
export function describeWholeDevice(device: Device) {
  const { createdAt, facts = {}, voip, locale } = device;
  const known = Object.entries(facts).map(([name, fact]): [string, string | boolean] => {
    return [safe(device, name), typeof fact === "string" ? safe(device, fact) : fact];
  });
  return {
    ...describeDevice(device),
    appVersion: device.appVersion === null ? null : safe(device, device.appVersion),
    locale: locale === null ? null : safe(device, locale),
    facts: Object.fromEntries(known),
    voip: voip === undefined ? null : { topic: voip.topic, environment: voip.environment },
    createdAt: createdAt.toDate().toISOString(),
  };
}

/** A text that an app has sent: it may hold anything, also an address or what controls a terminal. */
function safe({ registration }: Device, text: string): string {
  return hideRegistration(clean(text), registration.value);
}
