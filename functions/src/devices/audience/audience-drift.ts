import { isDeepStrictEqual } from "node:util";
import { sameRegistration, type DeviceName } from "../device.ts";
import type { OwnedDevice, StoredEntry } from "./audience.ts";

/** How a device and an audience document can disagree. */
export type DriftKind =
  /** The device is gone; its entry still gets pushes. */
  | "entry_without_device"
  /** No campaign reaches the device. */
  | "device_without_entry"
  /** The device belongs to another document; this entry is a second one. */
  | "duplicate"
  /** The device is in a document outside of the range, or a rebuild moves it. */
  | "wrong_shard"
  | "wrong_registration"
  | "wrong_platform"
  | "wrong_muted"
  | "wrong_stale"
  | "wrong_language";

/** One mismatch between a device and an audience document. */
export interface Drift extends Partial<DeviceName> {
  readonly kind: DriftKind;
  /** The id of the device's document. */
  readonly id: string;
  readonly shard: string;
}

/** A device and its entry in an audience document; either may be missing. */
export interface Compared {
  readonly id: string;
  readonly device: OwnedDevice | undefined;
  readonly entry: StoredEntry | undefined;
}

/** All mismatches between a device that belongs into the shard `target` and the document of `shard`. */
export function findDrift(compared: Compared, shard: string, target: string): readonly Drift[] {
  const { id, device } = compared;
  const name = device && { uid: device.uid, deviceId: device.deviceId };
  return listKinds(compared, shard, target).map((kind) => ({ kind, id, ...name, shard }));
}

function listKinds({ device, entry }: Compared, shard: string, target: string): readonly DriftKind[] {
  if (device === undefined) return entry === undefined ? [] : ["entry_without_device"];
  if (device.audienceShard !== shard) return entry === undefined ? [] : ["duplicate"];
  const kinds: DriftKind[] = target === shard ? [] : ["wrong_shard"];
  if (entry === undefined) return [...kinds, "device_without_entry"];
  const { registration, platform, muted = [], stale, language } = entry;
  if (registration?.value === undefined || !sameRegistration(registration, device.registration))
    kinds.push("wrong_registration");
  if (platform !== device.platform) kinds.push("wrong_platform");
  if (!isDeepStrictEqual(muted, device.muted)) kinds.push("wrong_muted");
  if ((stale === true) !== device.stale) kinds.push("wrong_stale");
  if (language !== device.language) kinds.push("wrong_language");
  return kinds;
}
