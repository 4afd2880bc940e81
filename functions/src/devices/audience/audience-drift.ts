import { isDeepStrictEqual } from "node:util";
import { sameRegistration, type Device } from "../device.ts";
import { shardOf, type AudienceEntry } from "./audience.ts";

/** How a device and an audience document can disagree. */
export type DriftKind =
  /** The device is gone; its entry still gets pushes. */
  | "entry_without_device"
  /** No campaign reaches the device. */
  | "device_without_entry"
  /** The device belongs to another document; this entry is a second one. */
  | "duplicate"
  /** The device is in another document than the one that its id maps to today. */
  | "wrong_shard"
  | "wrong_registration"
  | "wrong_platform"
  | "wrong_muted"
  | "wrong_stale";

/** One mismatch between a device and an audience document. */
export interface Drift {
  readonly kind: DriftKind;
  readonly deviceId: string;
  readonly shard: string;
}

/** A device with the campaigns its user has muted. */
export type OwnedDevice = Device & { readonly muted: readonly string[] };

/** A device and its entry in an audience document; either may be missing. */
export interface Compared {
  readonly deviceId: string;
  readonly device: OwnedDevice | undefined;
  readonly entry: AudienceEntry | undefined;
}

/** All mismatches between a device and the document of a shard, for `shards` shards in total. */
export function findDrift(compared: Compared, shard: string, shards: number): readonly Drift[] {
  const { deviceId } = compared;
  return listKinds(compared, shard, shards).map((kind) => ({ kind, deviceId, shard }));
}

function listKinds({ deviceId, device, entry }: Compared, shard: string, shards: number): readonly DriftKind[] {
  if (device === undefined) return entry === undefined ? [] : ["entry_without_device"];
  if (device.audienceShard !== shard) return entry === undefined ? [] : ["duplicate"];
  const kinds: DriftKind[] = shardOf(deviceId, shards) === shard ? [] : ["wrong_shard"];
  if (entry === undefined) return [...kinds, "device_without_entry"];
  // An entry edited by hand may lack any field.
  const { registration, platform, muted = [], stale }: Partial<AudienceEntry> = entry;
  if (registration === undefined || !sameRegistration(registration, device.registration))
    kinds.push("wrong_registration");
  if (platform !== device.platform) kinds.push("wrong_platform");
  if (!isDeepStrictEqual(muted, device.muted)) kinds.push("wrong_muted");
  if ((stale === true) !== device.stale) kinds.push("wrong_stale");
  return kinds;
}
