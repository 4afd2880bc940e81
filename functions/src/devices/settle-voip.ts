import { FieldValue } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import type { Outcome } from "../transport/outcome.ts";
import { devicesRef, readDevice, type Device } from "./device.ts";
import { isUnusual } from "./forget-devices.ts";

/** What APNs said of the VoIP token of a device, if it was asked. */
interface Asked {
  readonly device: Device;
  readonly voip?: Outcome;
}

/**
 * Remembers the environment of a VoIP token, and forgets a dead one: the phone then rings by FCM. A token that the app
 * has registered since stays. If an unusual share is dead, none is forgotten. Never throws: the next push learns the
 * same.
 */
export async function settleVoip(services: Services, pushed: readonly Asked[]): Promise<void> {
  const { log } = services;
  const asked = pushed.filter(({ voip }) => voip !== undefined);
  const dead = asked.filter(({ voip }) => voip?.status === "unregistered").length;
  const forgets = !isUnusual({ sent: asked.length, dead });
  if (!forgets) log.error("forget_breaker_tripped", { sent: asked.length, unregistered: dead });
  for (const { device, voip } of asked) {
    const isDead = forgets && voip?.status === "unregistered";
    const isElsewhere = voip?.status === "accepted" && voip.environment !== undefined;
    if (!isDead && !isElsewhere) continue;
    try {
      await change(services, device, voip);
    } catch (error) {
      log.error("forget_failed", { error });
    }
  }
}

async function change({ db, log }: Services, { id, voip: sent }: Device, voip: Outcome): Promise<void> {
  const ref = devicesRef(db).doc(id);
  const forgotten = await db.runTransaction(async (transaction) => {
    const snapshot = await transaction.get(ref);
    const device = snapshot.exists ? readDevice(snapshot) : undefined;
    if (device?.voip === undefined || device.voip.token !== sent?.token) return undefined;
    if (voip.status === "accepted") {
      transaction.update(ref, { "voip.environment": voip.environment });
      return undefined;
    }
    // Apple may report the loss of a token late, after the app has got the same one again. When the phone was last seen
    // says nothing: an app sends the token that it had.
    const since = voip.status === "unregistered" ? voip.unregisteredAt : undefined;
    if (since !== undefined && device.voip.registeredAt.toMillis() > since) return undefined;
    transaction.update(ref, { voip: FieldValue.delete() });
    return device;
  });
  if (forgotten !== undefined) log.info("voip_token_forgotten", { uid: forgotten.uid, deviceId: forgotten.deviceId });
}
