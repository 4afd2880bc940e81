import { createHash } from "node:crypto";
import { FieldValue, type DocumentReference, type Transaction } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import type { Device } from "./device.ts";

/** The shard of a device: stable for a given shard count, and even whatever the ids look like. */
export function shardOf(deviceId: string, shards: number): string {
  return String(createHash("sha256").update(deviceId).digest().readUInt32BE(0) % shards);
}

/** Puts a device into its audience document. */
export function saveToAudience(
  transaction: Transaction,
  services: Services,
  device: Pick<Device, "deviceId" | "audienceShard" | "registration" | "platform">,
  muted: readonly string[],
): void {
  const { deviceId, registration, platform } = device;
  // A merge leaves alone what it does not name, so that a lifted mute has to be named to go.
  const entry = { registration, platform, muted: muted.length > 0 ? muted : FieldValue.delete() };
  transaction.set(shardRef(services, device), { devices: { [deviceId]: entry } }, { merge: true });
}

/** Takes a device out of its audience document. */
export function removeFromAudience(
  transaction: Transaction,
  services: Services,
  device: Pick<Device, "deviceId" | "audienceShard">,
): void {
  transaction.set(shardRef(services, device), { devices: { [device.deviceId]: FieldValue.delete() } }, { merge: true });
}

function shardRef({ db }: Services, { audienceShard }: Pick<Device, "audienceShard">): DocumentReference {
  return db.collection("audience").doc(audienceShard);
}
