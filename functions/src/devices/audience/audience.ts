import { createHash } from "node:crypto";
import {
  FieldValue,
  type CollectionReference,
  type DocumentReference,
  type DocumentSnapshot,
  type Firestore,
  type Transaction,
} from "firebase-admin/firestore";
import type { Services } from "../../services.ts";
import type { Registration } from "../../registration.ts";
import type { Device, Platform } from "../device.ts";

/** A device's entry in the audience: what a campaign needs to know of it. */
export interface AudienceEntry {
  readonly registration: Registration;
  readonly platform: Platform;
  /** The campaigns its user does not want. */
  readonly muted?: readonly string[];
  /** Unseen for so long that silent campaigns skip it. */
  readonly stale?: true;
}

/** The id of a device and the audience document that it is packed into. */
export type Packed = Pick<Device, "deviceId" | "audienceShard">;

/** A device to put into the audience. Without `muted`, the entry keeps its `muted`. */
export type Packable = Packed &
  Pick<Device, "registration" | "platform" | "stale"> & { readonly muted?: readonly string[] };

/** The devices of a shard by their ids; a shard without devices is empty. One document read. */
export async function readAudience({ db }: Services, shard: string): Promise<ReadonlyMap<string, AudienceEntry>> {
  return readEntries(await shardRef(db, shard).get());
}

/** The entries of an audience document, or of as much of it as was read, by their device ids. */
export function readEntries(snapshot: DocumentSnapshot): ReadonlyMap<string, AudienceEntry> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by this folder only
  const document = snapshot.data() as { readonly devices?: Readonly<Record<string, AudienceEntry>> } | undefined;
  return new Map(Object.entries(document?.devices ?? {}));
}

/** The shard of a device: stable for a given shard count, and evenly spread whatever the ids look like. */
export function shardOf(deviceId: string, shards: number): string {
  return String(createHash("sha256").update(deviceId).digest().readUInt32BE(0) % shards);
}

/** The collection that devices are packed into for campaigns. */
export function audienceRef(db: Firestore): CollectionReference {
  return db.collection("audience");
}

/** The document of a shard. */
export function shardRef(db: Firestore, shard: string): DocumentReference {
  return audienceRef(db).doc(shard);
}

/** Puts devices into their audience documents, one write per document. */
export function saveToAudience(transaction: Transaction, { db }: Services, devices: readonly Packable[]): void {
  writeEntries(transaction, db, devices, ({ registration, platform, stale, muted }) => ({
    registration,
    platform,
    // A merge keeps fields that it does not name, so a cleared field must be deleted by name.
    stale: stale ? true : FieldValue.delete(),
    ...(muted !== undefined && { muted: muted.length > 0 ? muted : FieldValue.delete() }),
  }));
}

/** Removes devices from their audience documents, one write per document. */
export function removeFromAudience(transaction: Transaction, { db }: Services, devices: readonly Packed[]): void {
  writeEntries(transaction, db, devices, () => FieldValue.delete());
}

function writeEntries<T extends Packed>(
  transaction: Transaction,
  db: Firestore,
  devices: readonly T[],
  buildEntry: (device: T) => object,
): void {
  for (const [shard, packed] of Map.groupBy(devices, ({ audienceShard }) => audienceShard)) {
    const entries = Object.fromEntries(packed.map((device) => [device.deviceId, buildEntry(device)]));
    transaction.set(shardRef(db, shard), { devices: entries }, { merge: true });
  }
}
