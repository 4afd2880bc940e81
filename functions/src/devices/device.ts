import type { CollectionReference, DocumentSnapshot, Firestore, Timestamp } from "firebase-admin/firestore";
import type { Registration } from "../registration.ts";

/** Which push service carries a device's messages. */
export type Platform = "android" | "ios" | "web";

/** `devices/{deviceId}`: one app install, its owner and its address at FCM. */
export interface DeviceDocument {
  readonly uid: string;
  /** Copied from the user, so that a call finds its devices with one query. */
  readonly extens: readonly string[];
  readonly platform: Platform;
  readonly registration: Registration;
  /** The `audience` document that it is packed into; stored, because the number of documents may change later. */
  readonly audienceShard: string;
  /** Earlier ids of the same app install, latest first: a ring may know it by one of them. */
  readonly formerIds?: readonly string[];
  readonly appVersion: string | null;
  readonly locale: string | null;
  readonly createdAt: Timestamp;
  readonly lastSeenAt: Timestamp;
  /** Unseen for a month at the last nightly job; registering clears it. */
  readonly stale: boolean;
}

/** A device with its id. */
export interface Device extends DeviceDocument {
  readonly deviceId: string;
}

/** The collection of devices. */
export function devicesRef(db: Firestore): CollectionReference {
  return db.collection("devices");
}

/** Reads a snapshot that exists; only this folder writes devices, so their shape is trusted. */
export function readDevice(snapshot: DocumentSnapshot): Device {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by this folder only
  return { ...(snapshot.data() as DeviceDocument), deviceId: snapshot.id };
}

/** Whether both name the same app install at FCM. */
export function sameRegistration(one: Registration, other: Registration): boolean {
  return one.kind === other.kind && one.value === other.value;
}
