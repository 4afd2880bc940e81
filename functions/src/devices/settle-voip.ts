import { FieldValue } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import type { Outcome } from "../transport/outcome.ts";
import { devicesRef, readDevice, type Device, type StoredVoip } from "./device.ts";

/** What APNs said of the VoIP token of a device, if it was asked. */
interface Asked {
  readonly device: Device;
  readonly voip?: Outcome;
}

/**
 * How long a token may be registered and APNs still report a loss from before, in milliseconds. After that it is as dead
 * as APNs says: apps send a token that they have kept.
 */
const staleLossMs = 24 * 60 * 60 * 1000;

/** Whether a token is dead: APNs says so, and does not mean a time before the app registered it. */
function isLost({ registeredAt }: StoredVoip, said: Outcome | undefined, now: number): boolean {
  if (said?.status !== "unregistered") return false;
  const { unregisteredAt: since = Number.POSITIVE_INFINITY } = said;
  return registeredAt.toMillis() <= since || now - registeredAt.toMillis() > staleLossMs;
}

/**
 * Remembers the environment of a VoIP token, and forgets a dead one: the phone then rings by FCM. A token that the app
 * has registered since stays. If an unusual share of this instance's tokens is dead, none is forgotten. Never throws: the
 * next push learns the same.
 */
export async function settleVoip(services: Services, pushed: readonly Asked[]): Promise<void> {
  const { log } = services;
  const forgets = believesDeaths(services, pushed);
  for (const { device, voip } of pushed) {
    const isDead = forgets && voip?.status === "unregistered";
    const isElsewhere =
      (voip?.status === "accepted" || voip?.status === "unavailable") && voip.environment !== undefined;
    if (!isDead && !isElsewhere) continue;
    try {
      await change(services, device, voip);
    } catch (error) {
      log.error("forget_failed", { error });
    }
  }
}

/** Whether so many tokens can be dead. A ring has few phones: this instance's earlier rings count, too. */
function believesDeaths({ clock, log, voipBreaker }: Services, pushed: readonly Asked[]): boolean {
  const isDead = ({ device, voip }: Asked) => device.voip !== undefined && isLost(device.voip, voip, clock.now());
  const dead = pushed.filter(isDead);
  for (const { device } of dead) voipBreaker.add(device.id, true);
  // Any other answer says nothing of the token.
  for (const { device, voip } of pushed) if (voip?.status === "accepted") voipBreaker.add(device.id, false);
  if (!voipBreaker.isOpen || dead.length === 0) return true;
  const { asked, dead: unregistered } = voipBreaker.counts;
  log.error("forget_breaker_tripped", { sent: asked, unregistered });
  return false;
}

async function change({ db, clock, log }: Services, { id, voip: sent }: Device, voip: Outcome): Promise<void> {
  const ref = devicesRef(db).doc(id);
  const forgotten = await db.runTransaction(async (transaction) => {
    const snapshot = await transaction.get(ref);
    const device = snapshot.exists ? readDevice(snapshot) : undefined;
    if (device?.voip === undefined || device.voip.token !== sent?.token) return undefined;
    if (voip.status === "accepted" || voip.status === "unavailable") {
      transaction.update(ref, { "voip.environment": voip.environment });
      return undefined;
    }
    if (!isLost(device.voip, voip, clock.now())) return undefined;
    transaction.update(ref, { voip: FieldValue.delete() });
    return device;
  });
  if (forgotten !== undefined) log.info("voip_token_forgotten", { uid: forgotten.uid, deviceId: forgotten.deviceId });
}
