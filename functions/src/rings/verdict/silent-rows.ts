import type { PhoneCase } from "./phone-case.ts";
import { phoneRows } from "./phone-rows.ts";
import { isDeclined, isTaken } from "./who-stopped.ts";
import { clean, join, tellSpan, type Words } from "./words.ts";

const hourMs = 3_600_000;

/** The PBX stopped ringing by itself: the caller was still there, and no phone was answered. */
const isPbxs = (one: PhoneCase) => one.reason !== "cancelled" && !isTaken(one) && !isDeclined(one);

const isSilent = ({ heardAt }: PhoneCase) => heardAt === undefined;

/** Android and browsers wake an app by any push; an iPhone wakes it by APNs' call push alone. */
const hasBannerOnly = ({ phone: { device, channel } }: PhoneCase) => device?.platform === "ios" && channel !== "apns";

const tellTaken = ({ phone: { channel }, acceptedAt, announcedAt, at }: PhoneCase): Words => {
  const time = at(acceptedAt ?? announcedAt);
  return channel === "apns"
    ? { ko: `애플의 푸시 서비스가 ${time}에 푸시를 받았지만`, en: `Apple's push service took the push at ${time}` }
    : { ko: `구글의 푸시 서비스가 ${time}에 푸시를 받았지만`, en: `Google's push service took the push at ${time}` };
};

/** When the app was last seen, if that was long before the call. */
const tellSeen = ({ phone: { device }, announcedAt }: PhoneCase): Words | undefined => {
  const ago = announcedAt - (device?.lastSeenAt.toMillis() ?? announcedAt);
  const span = tellSpan(ago);
  if (ago < hourMs) return undefined;
  return {
    ko: `앱은 그보다 ${span.ko} 전에 마지막으로 실행되었습니다.`,
    en: `The app was last seen ${span.en} before.`,
  };
};

/** Why an iPhone got no call push. */
const tellWhyBanner = ({ phone, apns }: PhoneCase): Words => {
  if (apns !== undefined) {
    const code = clean(apns.code ?? "") || apns.status;
    return {
      ko: `애플이 통화 푸시를 받지 않았기 때문입니다(${code}).`,
      en: `Apple had not taken the call push (${code}).`,
    };
  }
  if (phone.device?.voip === undefined) {
    return {
      ko: "앱이 통화 푸시용 주소를 등록하지 않았기 때문입니다.",
      en: "The app has registered no address for call pushes.",
    };
  }
  return {
    ko: "이 앱에 통화 푸시를 보내도록 서비스가 설정되어 있지 않기 때문입니다.",
    en: "The service is not set up to send call pushes to this app.",
  };
};

/** A service took the push, the ring had its time, and the phone never reported. */
export const silentRows = phoneRows([
  {
    cause: "battery_restricted",
    evidence: "no report came, the ring was not over early, and the app had said `batteryRestricted: true`",
    fits: (one) => isSilent(one) && !one.hadNoChance && one.phone.device?.batteryRestricted === true,
    says: (one) =>
      join(
        {
          ko: `${tellTaken(one).ko} 전화기는 응답하지 않았습니다. 이 전화기는 절전 설정으로 앱의 백그라운드 동작을 막고 있습니다.`,
          en: `${tellTaken(one).en}, and the phone never reported. Its battery settings keep the app from working in the background.`,
        },
        tellSeen(one),
      ),
    todo: {
      ko: "전화기 설정에서 앱의 배터리 사용을 '제한 없음'으로 바꾸도록 고객에게 안내하십시오.",
      en: "Ask the customer to set the app's battery use to unrestricted in the phone's settings.",
    },
  },
  {
    cause: "ring_too_short",
    evidence:
      "the phone was not ready, and the whole ring was shorter than ten seconds, or ended within five seconds of the push or the phone's last step; the caller did not hang up",
    fits: (one) => !one.wasReady && isPbxs(one) && (one.isShort || one.hadNoChance),
    says: ({ announcedAt, stopsAt, at }) => {
      const span = tellSpan(stopsAt - announcedAt);
      return {
        ko: `벨이 너무 짧았습니다. ${at(announcedAt)}부터 ${span.ko} 동안만 울려서 전화기가 그 안에 준비되지 못했습니다.`,
        en: `The ring was too short: it lasted ${span.en} from ${at(announcedAt)}, and the phone was not ready by then.`,
      };
    },
    todo: {
      ko: "교환기에서 이 번호의 벨 시간을 20초 이상으로 늘리십시오.",
      en: "Let the PBX ring this number for twenty seconds or more.",
    },
  },
  {
    cause: "notifications_off",
    evidence:
      "the app had said `notifications: false`, and the phone was ready and nobody answered, or is an iPhone that got a banner only",
    fits: (one) => one.phone.device?.notifications === false && (one.wasReady || (isSilent(one) && hasBannerOnly(one))),
    says: ({ announcedAt, at }) => ({
      ko: `이 전화기는 앱의 알림을 막고 있습니다. 그래서 ${at(announcedAt)}에 온 전화가 화면에 표시되지 않았을 수 있습니다.`,
      en: `This phone forbids the app's notifications. So it may have shown nothing of the call that came at ${at(announcedAt)}.`,
    }),
    todo: {
      ko: "전화기 설정에서 앱의 알림을 허용하도록 고객에게 안내하십시오.",
      en: "Ask the customer to allow the app's notifications in the phone's settings.",
    },
  },
  {
    cause: "alert_only",
    evidence:
      "an iPhone that never reported, and FCM's alert was all that it got: it has no VoIP token, or APNs did not take the push",
    fits: (one) => isSilent(one) && hasBannerOnly(one),
    says: (one) => {
      const why = tellWhyBanner(one);
      return join(
        {
          ko: `${tellTaken(one).ko} iPhone에는 배너 알림만 표시될 수 있었고 아무도 열지 않았습니다.`,
          en: `${tellTaken(one).en}: the iPhone could show a banner only, and nobody opened it.`,
        },
        why,
      );
    },
    todo: {
      ko: "앱을 업데이트하고 한 번 실행하도록 고객에게 안내하십시오. 여러 iPhone이 그러면 운영자에게 알리십시오.",
      en: "Ask the customer to update the app and to open it once. If other iPhones do the same, tell the operator.",
    },
  },
  {
    cause: "phone_offline",
    evidence: "FCM or APNs took the push, the ring was not over early, and no report came",
    fits: isSilent,
    says: (one) =>
      join(
        {
          ko: `${tellTaken(one).ko} 전화기는 응답하지 않았습니다. 전원이 꺼져 있거나 인터넷에 연결되어 있지 않았을 가능성이 큽니다.`,
          en: `${tellTaken(one).en}, and the phone never reported. Most likely it was off or had no internet.`,
        },
        tellSeen(one),
      ),
    todo: {
      ko: "전화기가 켜져 있고 인터넷에 연결되는지 확인한 뒤 앱을 실행하도록 고객에게 안내하십시오.",
      en: "Ask the customer to check that the phone is on and online, and then to open the app.",
    },
  },
]);
