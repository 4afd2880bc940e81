import { findConcerns } from "../../devices/concerns.ts";
import type { Device } from "../../devices/device.ts";
import { hideRegistration } from "../../registration.ts";
import { describeDevice } from "../../rings/announce/push-facts.ts";
import { tellModel } from "../../rings/verdict/tell-model.ts";
import { clean } from "../../rings/verdict/words.ts";
import type { DeviceRow } from "../wire.ts";
import { isoTime } from "./time.ts";

/** A text that an app has sent: it may hold anything, also the phone's address. */
export function showSafely({ registration }: Device, text: string): string {
  return hideRegistration(clean(text), registration.value);
}

/** A phone in a list, without its addresses. */
export function describeDeviceRow(found: Device, email: string | undefined): DeviceRow {
  const { uid, deviceId, platform, extens, appVersion, locale, lastSeenAt } = found;
  const show = (text: string) => showSafely(found, text);
  const model = show(tellModel(describeDevice(found)));
  return {
    uid,
    ...(email !== undefined && { email }),
    deviceId,
    platform,
    extens,
    ...(model !== "" && { model }),
    ...(appVersion && { appVersion: show(appVersion) }),
    ...(locale && { locale: show(locale) }),
    lastSeenAt: isoTime(lastSeenAt.toMillis()),
    concerns: findConcerns(found),
  };
}
