import { createHash } from "node:crypto";
import { FieldValue, type Transaction } from "firebase-admin/firestore";
import type { Registration } from "../fcm/registration.ts";
import type { Services } from "../services.ts";
import type { Platform } from "./device.ts";

/** A device as campaigns see it: `audience/{shard}.devices[deviceId]`. */
export interface AudienceEntry {
  readonly registration: Registration;
  readonly platform: Platform;
  /** Campaigns this device's user does not want. */
  readonly muted?: readonly string[];
}

/** The shard of a device: stable for a given shard count, and even whatever the ids look like. */
export function shardOf(deviceId: string, shards: number): string {
  return String(createHash("sha256").update(deviceId).digest().readUInt32BE(0) % shards);
}

/** Puts a device into its audience document. */
export function saveToAudience(
  transaction: Transaction,
  { db, config }: Services,
  deviceId: string,
  entry: AudienceEntry,
): void {
  const shard = db.collection("audience").doc(shardOf(deviceId, config.audienceShards));
  // A merge leaves alone what it does not name, so that a lifted mute has to be named to go.
  const muted = entry.muted ?? FieldValue.delete();
  transaction.set(shard, { devices: { [deviceId]: { ...entry, muted } } }, { merge: true });
}

/** Takes a device out of its audience document. */
export function removeFromAudience(transaction: Transaction, { db, config }: Services, deviceId: string): void {
  const shard = db.collection("audience").doc(shardOf(deviceId, config.audienceShards));
  transaction.set(shard, { devices: { [deviceId]: FieldValue.delete() } }, { merge: true });
}
