import type { ApnsMessage } from "../../apns/message.ts";
import type { Device } from "../../devices/device.ts";
import type { FcmMessage } from "../../fcm/message.ts";
import type { Services } from "../../services.ts";
import { settleWithin } from "../../settle-within.ts";
import type { Budget } from "../../transport/budget.ts";
import type { Carried, Outcome } from "../../transport/outcome.ts";

/** One ring's push, for FCM and for APNs. */
export interface CallMessages {
  readonly fcm: FcmMessage;
  readonly voip: ApnsMessage;
}

/** If APNs is silent for so long, in milliseconds, the phone rings by FCM as well: both pushes have one `callId`. */
const silentMs = 1000;

/**
 * Pushes a ring to a device: to an iPhone with a VoIP token by APNs, and by FCM as soon as APNs refuses or is silent.
 * Resolves when one of them has accepted it, or both have failed.
 */
export async function pushToDevice(
  services: Services,
  device: Device,
  messages: CallMessages,
  budget: Budget,
): Promise<Carried> {
  const { fcm } = services;
  const { registration } = device;
  let isCarried = false;
  const byFcm = async (): Promise<Carried> => {
    const outcome = await fcm.send(registration, messages.fcm, budget);
    isCarried = outcome.status === "accepted";
    return { outcome, channel: "fcm" };
  };
  const found = findVoip(services, device);
  if (found === undefined) return byFcm();
  const { apns, voip } = found;
  // Once FCM has the push, our answer leaves, and the instance has no CPU for another try.
  const isStillWanted = async () => !isCarried && (await budget.isStillWanted?.()) !== false;
  const sending = apns.send(voip, messages.voip, { ...budget, isStillWanted });
  const answer = await settleWithin(sending, silentMs);
  if (answer?.status === "accepted") return { outcome: answer, channel: "apns", voip: answer };
  const byApns = sending.then((outcome): Carried => ({ outcome, channel: "apns", voip: outcome }));
  const carried = await chooseFirst(byApns, byFcm());
  return answer === undefined ? carried : { ...carried, voip: answer };
}

/** The client and the address for VoIP pushes to a device, if APNs is asked first for it. */
export function findVoip({ apns, config }: Services, { voip }: Device) {
  if (apns === undefined || voip === undefined || !config.apnsTopics.includes(voip.topic)) return undefined;
  return { apns, voip };
}

/** The channel that accepts the push first; if none does, FCM's failure. */
async function chooseFirst(byApns: Promise<Carried>, byFcm: Promise<Carried>): Promise<Carried> {
  const taken = [byApns, byFcm].map(async (sending) => {
    const carried = await sending;
    if (carried.outcome.status !== "accepted") throw new Error("Not accepted");
    return carried;
  });
  const first = await Promise.any(taken).catch(() => undefined);
  if (first !== undefined) return first;
  const [{ voip, outcome: refused }, { outcome, channel }] = await Promise.all([byApns, byFcm]);
  const mayBeDelivered = refused.status !== "accepted" && refused.mayBeDelivered === true;
  return {
    outcome: { ...outcome, ...(mayBeDelivered && { mayBeDelivered: true }) } as Outcome,
    channel,
    ...(voip && { voip }),
  };
}
