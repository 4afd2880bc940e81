import type {
  CollectionReference,
  DocumentReference,
  DocumentSnapshot,
  Firestore,
  Timestamp,
} from "firebase-admin/firestore";
import type { Registration } from "../registration.ts";
import { buildUuid } from "../uuid.ts";
import type { DeviceFacts, RequestOrder, VoipAddress } from "../wire.ts";

/** Which push service carries a device's messages. */
export type Platform = "android" | "ios" | "web";

/** The identity of a device: an app install chooses its own `deviceId`, so two users may have the same one. */
export interface DeviceName {
  readonly uid: string;
  readonly deviceId: string;
}

/** An iPhone's address for VoIP pushes; its environment is the one that took the last push. */
export interface StoredVoip extends VoipAddress {
  /** When the app first sent this token: APNs may report a loss from before. Absent if that was not recorded yet. */
  readonly registeredAt?: Timestamp;
  /** The other environment is not asked. Only of the probe's phones, which are not stored. */
  readonly isSure?: true;
}

/** `devices/{id}`: one app install of one user and its address at FCM. {@link buildDeviceDocId} builds the id. */
export interface DeviceDocument extends DeviceName {
  /** Copied from the user, so that a call finds its devices with one query. */
  readonly extens: readonly string[];
  readonly platform: Platform;
  readonly registration: Registration;
  readonly voip?: StoredVoip;
  readonly facts?: DeviceFacts;
  /** The `audience` document that it is packed into: chosen at random, so that no phone can choose it. */
  readonly audienceShard: string;
  /** Earlier ids of the same app install, as {@link buildDeviceDocId} builds them, latest first. */
  readonly formerIds?: readonly string[];
  /** The request that registered it last; absent if the app does not number its requests. */
  readonly order?: RequestOrder;
  readonly appVersion: string | null;
  readonly locale: string | null;
  readonly createdAt: Timestamp;
  readonly lastSeenAt: Timestamp;
  /** Unseen for a month at the last nightly job; registering clears it. */
  readonly stale: boolean;
}

/** A device with the id of its document. */
export interface Device extends DeviceDocument {
  readonly id: string;
}

/** The collection of devices. */
export function devicesRef(db: Firestore): CollectionReference {
  return db.collection("devices");
}

/**
 * The id of a device's document: a hash, since a uid and a deviceId may have any form. A client cannot make it another
 * device's.
 */
export function buildDeviceDocId({ uid, deviceId }: DeviceName): string {
  return buildUuid("device", uid, deviceId);
}

/**
 * The documents that a device may have. In the first edition the id was the bare `deviceId`: such a document is replaced
 * when its phone registers again, and rings until then. {@link pickDevice} says which one it is.
 */
export function deviceRefs(db: Firestore, name: DeviceName): readonly DocumentReference[] {
  return [buildDeviceDocId(name), name.deviceId].map((id) => devicesRef(db).doc(id));
}

/** The device of this name among snapshots of {@link deviceRefs}; `undefined` if there is none. */
export function pickDevice(snapshots: readonly DocumentSnapshot[], name: DeviceName): Device | undefined {
  return readDevices(snapshots).find(({ uid, deviceId }) => uid === name.uid && deviceId === name.deviceId);
}

/** The devices of those snapshots that exist. */
export function readDevices(snapshots: readonly DocumentSnapshot[]): readonly Device[] {
  return snapshots.filter(({ exists }) => exists).map(readDevice);
}

/** Reads a snapshot that exists; only this folder writes devices, so their shape is trusted. */
export function readDevice(snapshot: DocumentSnapshot): Device {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by this folder only
  const document = snapshot.data() as DeviceDocument;
  if (document.deviceId !== undefined) return { ...document, id: snapshot.id };
  // Of the first edition: its former ids do not say whose they were.
  const { formerIds: _, ...old } = document;
  return { ...old, deviceId: snapshot.id, id: snapshot.id };
}

/** Orders devices of one user for people, as their documents are not. */
export function byDeviceId(one: DeviceName, other: DeviceName): number {
  return one.deviceId < other.deviceId ? -1 : 1;
}

/** Whether both name the same app install at FCM. */
export function sameRegistration(one: Registration, other: Registration): boolean {
  return one.kind === other.kind && one.value === other.value;
}
