import type { PhoneCase } from "./phone-case.ts";
import { findApnsKind, type Refusal, type RefusalKind } from "./refusal.ts";
import { isExcused } from "./who-stopped.ts";
import { clean, type Words } from "./words.ts";

/**
 * The refusal of this kind, by FCM or by APNs, of a push to a phone that has not reported. An iPhone that APNs refused may
 * have got FCM's banner instead.
 */
export function findTold(one: PhoneCase, kind: RefusalKind): Refusal | undefined {
  const { heardAt, refusal, apns } = one;
  if (heardAt !== undefined) return undefined;
  if (refusal?.kind === kind) return refusal;
  if (apns === undefined || findApnsKind(apns) !== kind) return undefined;
  // APNs has taken the push in the end: the phone may have lacked nothing but time.
  if (apns.status === "accepted" && isExcused(one)) return undefined;
  // APNs accepts the push in the other environment after it has refused it so.
  return { kind, code: apns.code ?? "BadDeviceToken", channel: "apns", at: apns.at.toMillis() };
}

/** Whether the push was refused so, and no service took it. */
export function isRefused(kind: RefusalKind) {
  return ({ refusal }: PhoneCase): boolean => refusal?.kind === kind;
}

/** How a sentence on a refusal begins: with its time, or that of the call. */
export function tellWhen({ announcedAt, at }: PhoneCase, refusal: Refusal | undefined): Words {
  if (refusal?.at !== undefined) return { ko: `${at(refusal.at)}에`, en: `At ${at(refusal.at)}` };
  return { ko: `${at(announcedAt)}의 전화에서`, en: `For the call at ${at(announcedAt)}` };
}

/** The service that refused, as people know it. */
export function tellService(refusal: Refusal | undefined): Words {
  return refusal?.channel === "apns"
    ? { ko: "애플의 푸시 서비스가", en: "Apple's push service" }
    : { ko: "구글의 푸시 서비스가", en: "Google's push service" };
}

/** The code of a refusal, for those who look it up. */
export function tellCode(refusal: Refusal | undefined): string {
  return clean(refusal?.code ?? "") || "unknown";
}

/** Added where FCM took the push that APNs refused. */
export function tellBanner({ acceptedAt, phone: { channel } }: PhoneCase): Words | undefined {
  if (acceptedAt === undefined || channel === "apns") return undefined;
  return { ko: "그래서 iPhone에는 배너 알림만 표시될 수 있었습니다.", en: "So the iPhone could show a banner only." };
}
