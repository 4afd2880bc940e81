import { Timestamp } from "firebase-admin/firestore";
import { buildDeviceDocId, deviceRefs, pickDevice, type Device } from "../devices/device.ts";
import { findSuccessors } from "../devices/find-devices.ts";
import { forgetDevices } from "../devices/forget-devices.ts";
import { TryAgain } from "../errors.ts";
import { sendBudget } from "../transport/budget.ts";
import type { FcmMessage } from "../fcm/message.ts";
import { findLine } from "../lines/lines.ts";
import { buildCallEndPush } from "../messages/call-end-push.ts";
import { ownEntry } from "../own-entry.ts";
import type { Services } from "../services.ts";
import { chooseLanguage, textsIn } from "../texts.ts";
import { changeRing, type Changed } from "./change-ring.ts";
import { withPhones } from "./group.ts";
import { logPushed } from "./log-rings.ts";
import { lineOf, type Phone, type Ring, type StoredRing } from "./ring.ts";

/**
 * Sends the end push to the phones that a change assigned to this request, and returns for how many FCM accepted it.
 * Throws {@link TryAgain} if a phone could not be told; another request may tell it then.
 */
export async function sendEnds(services: Services, { group: [stored], toTell }: Changed): Promise<number> {
  if (toTell.length === 0) return 0;
  const { fcm, log } = services;
  const found = await findPhones(services, stored.ring, toTell).catch(async (error: unknown) => {
    await recordTold(services, stored, toTell, () => false);
    throw error;
  });
  const devices = [...new Map([...found.values()].map((device) => [device.id, device])).values()];
  const sent = await Promise.all(
    devices.map(async (device) => {
      const message = buildMessage(services, stored, device, phoneOf(stored.ring, found, device));
      return { device, outcome: await fcm.send(device.registration, message, sendBudget()) };
    }),
  );
  const unsent = new Set(
    sent
      .filter(({ outcome }) => outcome.status === "unavailable" || outcome.status === "rejected")
      .map(({ device }) => device.id),
  );
  const isTold = (deviceId: string) => !unsent.has(found.get(deviceId)?.id ?? "");
  await recordTold(services, stored, toTell, isTold);
  const gone = sent.filter(({ outcome }) => outcome.status === "unregistered");
  const dead = gone.map(({ device }) => ({ registration: device.registration, device }));
  await forgetDevices(services, { sent: sent.length, dead });
  logPushed(services, stored.id, sent);
  const notified = sent.filter(({ outcome }) => outcome.status === "accepted").length;
  log.info("call_silenced", { callId: stored.id, devices: toTell.length, notified });
  if (unsent.size > 0) {
    log.warn("end_push_unavailable", { callId: stored.id, devices: unsent.size });
    throw new TryAgain("FCM did not accept the end push; retry the same request");
  }
  return notified;
}

/** The devices by their ids in the ring; an app may have another id or another user by now. */
async function findPhones(
  services: Services,
  ring: Ring,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Device>> {
  const { db } = services;
  const uid = ring.uid ?? (await findLine(services, lineOf(ring)))?.uid ?? "";
  const names = ids.map((deviceId) => ({ uid, deviceId }));
  const snapshots = await db.getAll(...names.flatMap((name) => deviceRefs(db, name)));
  const known = names.map((name) => ({ name, device: pickDevice(snapshots, name) }));
  const missing = known.flatMap(({ name, device }) => (device === undefined ? buildDeviceDocId(name) : []));
  const successors = missing.length === 0 ? [] : await findSuccessors(services, missing);
  const pick = (id: string) => successors.find(({ formerIds = [] }) => formerIds.includes(id));
  return new Map(
    known.flatMap(({ name, device = pick(buildDeviceDocId(name)) }) =>
      device === undefined ? [] : [[name.deviceId, device] as const],
    ),
  );
}

function phoneOf({ phones }: Ring, found: ReadonlyMap<string, Device>, device: Device): Partial<Phone> {
  const [id = ""] = [...found].find(([, other]) => other.id === device.id) ?? [];
  return ownEntry(phones, id) ?? {};
}

/** A phone that belongs to another user by now learns only that this ring is over. */
function buildMessage(
  { clock, config }: Services,
  { id: callId, ring }: StoredRing,
  device: Device,
  { endReason: reason = "failed", channel }: Pick<Phone, "endReason" | "channel">,
): FcmMessage {
  const now = clock.now();
  const isOwn = ring.uid === undefined ? device.extens.includes(lineOf(ring)) : ring.uid === device.uid;
  if (!isOwn) return buildCallEndPush({ callId, now });
  // CallKit shows a call that a VoIP push has brought, and it shows a missed one itself.
  const showsCall = channel === "apns";
  const isTaken = reason === "answered" || reason === "answered_elsewhere";
  const texts = textsIn(config, chooseLanguage(config, device.locale));
  const title = ring.callerName || ring.callerId || texts.unknownCaller;
  const alert = { title, body: isTaken ? texts.callAnsweredBody : texts.callMissedBody };
  return buildCallEndPush({ callId, now, reason, ...(!showsCall && { alert }) });
}

/** The push has been sent: if this write fails, a later request sends it again, which has no effect on the phone. */
async function recordTold(
  services: Services,
  stored: StoredRing,
  ids: readonly string[],
  isTold: (id: string) => boolean,
): Promise<void> {
  const now = Timestamp.fromMillis(services.clock.now());
  const settle = (phone: Phone, id: string): Phone => {
    if (isTold(id)) return { ...phone, toldAt: now };
    const { telling: _, ...untold } = phone;
    return untold;
  };
  try {
    await changeRing(
      services,
      stored.id,
      (group) => {
        const { phones } = group[0].ring;
        const entries = Object.entries(phones).map(([id, phone]) => [id, ids.includes(id) ? settle(phone, id) : phone]);
        return withPhones(group, Object.fromEntries(entries));
      },
      { known: stored, tells: false },
    );
  } catch (error) {
    services.log.warn("told_not_recorded", { callId: stored.id, error });
  }
}
