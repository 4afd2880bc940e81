import { randomInt } from "node:crypto";
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

/** A device's entry in the audience: what a campaign needs to know of it. About 1,200 bytes at most. */
export interface AudienceEntry {
  readonly registration: Registration;
  readonly platform: Platform;
  /** The campaigns its user does not want. */
  readonly muted?: readonly string[];
  /** Unseen for so long that silent campaigns skip it. */
  readonly stale?: true;
  /** The language of its texts; absent if it is the default one. */
  readonly language?: string;
}

/** The id of a device's document and the audience document that it is packed into. */
export type Packed = Pick<Device, "id" | "audienceShard">;

/** A device with the campaigns that its user has muted, and with its language if it is not the default one. */
export type OwnedDevice = Device & { readonly muted: readonly string[]; readonly language?: string };

/** An entry as it was read. One that was edited by hand may lack any field. */
export type StoredEntry = Partial<AudienceEntry>;

/** The devices of a shard by the ids of their documents; a shard without devices is empty. One document read. */
export async function readAudience({ db }: Services, shard: string): Promise<ReadonlyMap<string, AudienceEntry>> {
  return new Map([...readEntries(await shardRef(db, shard).get())].filter(isComplete));
}

/** The entries of an audience document, or of as much of it as was read, by the ids of the devices' documents. */
export function readEntries(snapshot: DocumentSnapshot): ReadonlyMap<string, StoredEntry> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only an edit by hand gives it another shape
  const document = snapshot.data() as { readonly devices?: Readonly<Record<string, unknown>> } | undefined;
  return new Map(Object.entries(document?.devices ?? {}).map(([id, entry]) => [id, readEntry(entry)]));
}

function readEntry(entry: unknown): StoredEntry {
  return typeof entry === "object" && entry !== null ? entry : {};
}

function isComplete(named: readonly [string, StoredEntry]): named is [string, AudienceEntry] {
  return named[1].registration?.value !== undefined;
}

/** A shard for a device, at random: a client that could choose it could fill one. Not `other`, if there is a choice. */
export function chooseShard(shards: number, other?: string): string {
  if (other === undefined || shards === 1 || !isShard(other, shards)) return String(randomInt(shards));
  return String((Number(other) + 1 + randomInt(shards - 1)) % shards);
}

/** The shards for devices that have no room where they belong, in random order; `shard` itself is the last. */
export function listRefuges(shards: number, shard: string): readonly string[] {
  const others = Array.from({ length: shards }, (_, index) => String(index)).filter((other) => other !== shard);
  const shuffled = others
    .map((other) => ({ other, at: Math.random() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ other }) => other);
  return isShard(shard, shards) ? [...shuffled, shard] : shuffled;
}

/** Whether a document id is one of `shards` shards. */
export function isShard(id: string, shards: number): boolean {
  return /^(?:0|[1-9]\d*)$/.test(id) && Number(id) < shards;
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
export function saveToAudience(transaction: Transaction, { db }: Services, devices: readonly OwnedDevice[]): void {
  writeEntries(transaction, db, devices, ({ registration, platform, stale, muted, language }) => ({
    registration,
    platform,
    // A merge keeps fields that it does not name, so a cleared field must be deleted by name.
    stale: stale ? true : FieldValue.delete(),
    muted: muted.length > 0 ? muted : FieldValue.delete(),
    language: language ?? FieldValue.delete(),
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
    const entries = Object.fromEntries(packed.map((device) => [device.id, buildEntry(device)]));
    transaction.set(shardRef(db, shard), { devices: entries }, { merge: true });
  }
}
