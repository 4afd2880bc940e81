import type { ApnsMessage } from "../../apns/message.ts";
import type { Clock } from "../../clock.ts";
import type { Device } from "../../devices/device.ts";
import type { FcmMessage } from "../../fcm/message.ts";
import type { Services } from "../../services.ts";
import { settleWithin } from "../../settle-within.ts";
import { isWanted, type Budget } from "../../transport/budget.ts";
import type { Carried, CarriedAt, Outcome, Said } from "../../transport/outcome.ts";
import { notWanted, wasUnwanted } from "../../transport/retry.ts";

/** One ring's push, for FCM and for APNs. */
export interface CallMessages {
  readonly fcm: FcmMessage;
  readonly voip: ApnsMessage;
}

/** If APNs is silent for so long, in milliseconds, the phone rings by FCM as well: both pushes have one `callId`. */
const silentMs = 1000;

/**
 * How long each channel then waits to hear whether the push is still wanted, in milliseconds and all tries together: the
 * phone may not ring yet, and an end that this request does not know of is told after the push.
 */
const longestAskMs = 300;

/**
 * Pushes a ring to a device: to an iPhone with a VoIP token by APNs, and by FCM as soon as APNs refuses or is silent.
 * Resolves when one of them has accepted it, both have failed, or it is not wanted any more; from then on neither is sent
 * anything. The phones that must stop do not wait for an answer that may never come.
 */
export async function pushToDevice(
  services: Services,
  device: Device,
  messages: CallMessages,
  budget: Budget,
): Promise<CarriedAt> {
  const { clock } = services;
  const said: Partial<Record<Carried["channel"], Said>> = {};
  const note = async (channel: Carried["channel"], sending: Promise<Outcome>): Promise<Outcome> => {
    const outcome = await sending;
    said[channel] = { outcome, at: clock.now() };
    return outcome;
  };
  const carried = await carry(services, device, { messages, budget, note });
  return { ...carried, at: clock.now(), said: { ...said } };
}

/** One push to carry; `note` keeps what a service says of it. */
interface Carrying {
  readonly messages: CallMessages;
  readonly budget: Budget;
  readonly note: (channel: Carried["channel"], sending: Promise<Outcome>) => Promise<Outcome>;
}

async function carry(services: Services, device: Device, { messages, budget, note }: Carrying): Promise<Carried> {
  const { shared, stop, stopped } = shareBudget(budget);
  const untilStopped = async (sending: Promise<Carried>, channel: Carried["channel"]): Promise<Carried> => {
    return Promise.race([sending, stopped.then((): Carried => ({ outcome: unsure, channel }))]);
  };
  const sendByFcm = async (within: Budget): Promise<Carried> => {
    const sending = services.fcm.send(device.registration, messages.fcm, within);
    return { outcome: await note("fcm", sending), channel: "fcm" };
  };
  const found = findVoip(services, device);
  if (found === undefined) return untilStopped(sendByFcm(shared), "fcm");
  const { apns, voip } = found;
  // Its access token may have expired: fetched meanwhile, it costs the alert no time.
  void services.fcm.prepare();
  const sending = note("apns", apns.send(voip, messages.voip, askBriefly(shared, services.clock)));
  const answer = await settleWithin(sending, silentMs);
  if (answer?.status === "accepted") return { outcome: answer, channel: "apns", voip: answer };
  const byApns = sending.then((outcome): Carried => ({ outcome, channel: "apns", voip: outcome }));
  const isRepeat = answer === undefined || mayHaveArrived(answer);
  const byFcm = sendByFcm(askBriefly(shared, services.clock, isRepeat));
  const carried = await chooseFirst(untilStopped(byApns, "apns"), untilStopped(byFcm, "fcm"));
  stop();
  if (answer !== undefined) return { ...carried, voip: answer };
  return carried.voip === undefined ? { ...carried, late: sending } : carried;
}

/** The outcome of a request that is not answered when the push is not wanted any more. */
const unsure: Outcome = { ...notWanted, mayBeDelivered: true };

/**
 * A budget for both channels, which write no request any more once the push is not wanted, or `stop` was called.
 * `stopped` resolves a turn later: what a channel can say by itself is said by then.
 */
function shareBudget(budget: Budget) {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  const signal = AbortSignal.any([stopping.signal, ...(budget.signal === undefined ? [] : [budget.signal])]);
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => setImmediate(resolve));
  const isStillWanted = async (isRepeat: boolean) => {
    const isLiving = !signal.aborted && (await isWanted(budget, isRepeat));
    if (!isLiving) stop();
    return isLiving;
  };
  return { shared: { ...budget, isStillWanted, signal }, stop, stopped };
}

/**
 * The same budget, whose questions together take {@link longestAskMs}; without an answer the push is wanted. Once one
 * request may have been delivered, each further one repeats it.
 */
function askBriefly(budget: Budget, clock: Clock, repeats = false): Budget {
  let leftMs = longestAskMs;
  let isRepeated = repeats;
  const isStillWanted = async (isRepeat: boolean) => {
    isRepeated ||= isRepeat;
    const askedAt = clock.now();
    const answer = await settleWithin(isWanted(budget, isRepeated), leftMs);
    leftMs = Math.max(0, leftMs - (clock.now() - askedAt));
    return answer !== false;
  };
  return { ...budget, isStillWanted };
}

/** The client and the address for VoIP pushes to a device, if APNs is asked first for it. */
export function findVoip({ apns, config }: Services, { voip }: Device) {
  if (apns === undefined || voip === undefined || !config.apnsTopics.includes(voip.topic)) return undefined;
  return { apns, voip };
}

/** The channel that accepts the push first; if none does, FCM's failure, or APNs' if only that was sent anything. */
async function chooseFirst(byApns: Promise<Carried>, byFcm: Promise<Carried>): Promise<Carried> {
  const taken = [byApns, byFcm].map(async (sending) => {
    const carried = await sending;
    if (carried.outcome.status !== "accepted") throw new Error("Not accepted");
    return carried;
  });
  const first = await Promise.any(taken).catch(() => undefined);
  if (first !== undefined) return first;
  const [{ voip, outcome: refused }, { outcome, channel }] = await Promise.all([byApns, byFcm]);
  const mayBeDelivered = mayHaveArrived(refused);
  const isByApns = mayBeDelivered && wasUnwanted(outcome) && !mayHaveArrived(outcome);
  return {
    outcome: { ...outcome, ...(mayBeDelivered && { mayBeDelivered: true }) } as Outcome,
    channel: isByApns ? "apns" : channel,
    ...(voip && { voip }),
  };
}

function mayHaveArrived(outcome: Outcome): boolean {
  return outcome.status !== "accepted" && outcome.mayBeDelivered === true;
}
