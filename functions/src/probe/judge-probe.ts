import type { Phone, Ring } from "../rings/ring.ts";
import type { Channel } from "../transport/outcome.ts";
import type { Asked } from "./ask-firestore.ts";
import type { Answer } from "./place-call.ts";

/** A step of the chain: whether it came through, how long after the beginning, and what was said. */
export interface ProbeStep {
  /** `key`, `request`, `record`, `fcm`, or `apns`. */
  readonly step: string;
  readonly isOk: boolean;
  readonly ms?: number;
  readonly detail?: string;
}

/**
 * The steps of a probe. It came through if FCM, and APNs for each app, refused a phone for its address: whoever says so has
 * accepted our credentials, our project and the message. `isApnsDue`: the deployment has apps that get VoIP pushes.
 */
export function judgeProbe(answer: Answer, found: Asked<Ring | undefined>, isApnsDue: boolean): readonly ProbeStep[] {
  const { status, code = "", ms } = answer;
  // 502 is what a PBX hears if no push service took a push, and 200 if one did.
  const isOk = status === 200 || (status === 502 && code === "push_failed");
  const request = { step: "request", isOk, ms, detail: `${status ?? ""} ${code}`.trim() };
  if (!isOk) return [request];
  if ("fault" in found) return [request, { step: "record", isOk: false, detail: found.fault }];
  const ring = found.answer;
  if (ring?.answer === undefined) return [request, { step: "record", isOk: false, detail: "not_found" }];
  const phones = Object.entries(ring.phones);
  const startedAt = ring.createdAt.toMillis();
  return [
    request,
    { step: "record", isOk: true, detail: `${phones.length}` },
    joinAnswers("fcm", phones, startedAt),
    ...(isApnsDue ? [joinAnswers("apns", phones, startedAt)] : []),
  ];
}

/** What a push service said of all phones: the worst, and else the last. */
function joinAnswers(step: Channel, phones: readonly (readonly [string, Phone])[], startedAt: number): ProbeStep {
  const steps = phones.map(([deviceId, phone]) => judgePhone(step, deviceId, phone, startedAt));
  const worst = steps.find(({ isOk }) => !isOk) ?? steps.toSorted((one, other) => other.ms - one.ms)[0];
  return worst ?? { step, isOk: false, detail: "not_asked" };
}

/** APNs says of an app by its topic, which is the phone's id. */
function judgePhone(step: Channel, deviceId: string, phone: Phone, startedAt: number) {
  const where = step === "apns" ? `${deviceId}: ` : "";
  const answer = phone.said?.[step];
  if (answer === undefined) {
    // That the one service accepted the push is on record in another way. APNs is not asked without a key.
    const carriedBy = phone.acceptedAt === undefined ? undefined : (phone.channel ?? "fcm");
    return { step, isOk: false, ms: 0, detail: `${where}${carriedBy === step ? "accepted" : "not_asked"}` };
  }
  const { status, code = status, at } = answer;
  const ms = Math.max(0, at.toMillis() - startedAt);
  return { step, isOk: status === "unregistered", ms, detail: `${where}${code}` };
}
