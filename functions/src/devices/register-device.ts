import { Timestamp, type QuerySnapshot, type Transaction } from "firebase-admin/firestore";
import type { Registration } from "../fcm/registration.ts";
import type { Services } from "../services.ts";
import { parseUser, userRef, type ServerSettings, type User } from "../users/user.ts";
import { removeFromAudience, saveToAudience } from "./audience.ts";
import { devicesRef, readDevice, sameRegistration, type Device, type DeviceDocument, type Platform } from "./device.ts";

/** What a phone says of itself when its user logs in or the app starts. */
export interface DeviceRegistration {
  readonly uid: string;
  readonly deviceId: string;
  readonly platform: Platform;
  readonly registration: Registration;
  readonly appVersion?: string | null | undefined;
  readonly locale?: string | null | undefined;
}

/** What the phone needs to know in return. */
export interface Registered {
  readonly extens: readonly string[];
  readonly serverSettings: ServerSettings | null;
}

/**
 * Registers a phone, or renews it. A device id or registration that belonged to somebody else moves here, everywhere,
 * in one transaction: the last login owns the phone.
 */
export async function registerDevice(services: Services, input: DeviceRegistration): Promise<Registered> {
  const { db, clock } = services;
  const devices = devicesRef(db);
  const now = Timestamp.fromMillis(clock.now());
  return db.runTransaction(async (transaction) => {
    const [known, holders, owner] = await Promise.all([
      transaction.get(devices.doc(input.deviceId)),
      transaction.get(devices.where("registration.value", "==", input.registration.value)),
      transaction.get(userRef(db, input.uid)),
    ]);
    const user = parseUser(owner);
    const before = known.exists ? readDevice(known) : undefined;
    dropFormerInstalls(transaction, services, input, holders);
    transaction.set(known.ref, buildDevice(input, user, before?.createdAt ?? now, now));
    if (!inAudienceAlready(before, input))
      saveToAudience(transaction, services, input.deviceId, audienceEntry(input, user));
    return { extens: user.extens, serverSettings: user.serverSettings };
  });
}

/** One app install is one device: under whatever other id its registration stood, it is the same phone. */
function dropFormerInstalls(
  transaction: Transaction,
  services: Services,
  input: DeviceRegistration,
  holders: QuerySnapshot,
): void {
  for (const snapshot of holders.docs) {
    const held = readDevice(snapshot);
    if (held.deviceId === input.deviceId || !sameRegistration(held.registration, input.registration)) continue;
    transaction.delete(snapshot.ref);
    removeFromAudience(transaction, services, held.deviceId);
  }
}

function buildDevice(input: DeviceRegistration, user: User, createdAt: Timestamp, now: Timestamp): DeviceDocument {
  return {
    uid: input.uid,
    extens: user.extens,
    platform: input.platform,
    registration: input.registration,
    appVersion: input.appVersion ?? null,
    locale: input.locale ?? null,
    createdAt,
    lastSeenAt: now,
  };
}

function audienceEntry(input: DeviceRegistration, user: User) {
  return {
    registration: input.registration,
    platform: input.platform,
    ...(user.mutedCampaigns.length > 0 && { muted: user.mutedCampaigns }),
  };
}

/** An app registers at every start; leaving the shared shard alone when nothing changed keeps it free of contention. */
function inAudienceAlready(before: Device | undefined, input: DeviceRegistration): boolean {
  return (
    before !== undefined &&
    before.uid === input.uid &&
    before.platform === input.platform &&
    sameRegistration(before.registration, input.registration)
  );
}
