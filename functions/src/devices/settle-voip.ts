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
function isLost({ registeredAt }: StoredVoip, said: Outcome, now: number): boolean {
  if (said.status !== "unregistered") return false;
  const { unregisteredAt: since = Number.POSITIVE_INFINITY } = said;
  const sentAt = registeredAt?.toMillis() ?? 0;
  return sentAt <= since || now - sentAt > staleLossMs;
}

/**
 * Remembers the environment of a VoIP token, and forgets a dead one: the phone then rings by FCM. A token that the app
 * has registered since stays, and so does one that the breaker does not let go. Never throws: the next push learns the
 * same.
 */
export async function settleVoip(services: Services, pushed: readonly Asked[]): Promise<void> {
  const { clock, log, voipBreaker } = services;
  const isDead = ({ device, voip }: Asked) =>
    device.voip !== undefined && voip !== undefined && isLost(device.voip, voip, clock.now());
  let isSpared = false;
  for (const asked of pushed) {
    const { device, voip } = asked;
    if (voip === undefined || !(isDead(asked) || isElsewhere(voip))) continue;
    const forgets = voip.status === "unregistered";
    if (forgets && !voipBreaker.letsGo()) {
      isSpared = true;
      continue;
    }
    const isForgotten = await change(services, device, voip).catch((error: unknown) => {
      log.error("forget_failed", { error });
      return false;
    });
    if (forgets && !isForgotten) voipBreaker.takeBack();
  }
  if (!isSpared || !voipBreaker.warns()) return;
  const sent = pushed.filter(({ voip }) => voip !== undefined).length;
  log.error("forget_breaker_tripped", { sent, unregistered: pushed.filter(isDead).length });
}

/** Whether the token belongs to the environment that was not asked first. */
function isElsewhere(said: Outcome): boolean {
  return (said.status === "accepted" || said.status === "unavailable") && said.environment !== undefined;
}

/** Returns whether the token was forgotten. */
async function change({ db, clock, log }: Services, { id, voip: sent }: Device, voip: Outcome): Promise<boolean> {
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
  if (forgotten === undefined) return false;
  log.info("voip_token_forgotten", { uid: forgotten.uid, deviceId: forgotten.deviceId });
  return true;
}
