import { phoneRows } from "./phone-rows.ts";
import { isRefused, tellCode, tellService, tellWhen } from "./refusal-words.ts";

/** The push left for no phone, for a reason that is not the phone's. */
export const serviceRows = phoneRows([
  {
    cause: "fcm_quota",
    evidence: "FCM refused the push with `QUOTA_EXCEEDED`",
    fits: isRefused("quota"),
    says: (one) => ({
      ko: `${tellWhen(one, one.refusal).ko} 푸시를 너무 많이 보내 한도를 넘었다며 ${tellService(one.refusal).ko} 푸시를 거부했습니다(${tellCode(one.refusal)}).`,
      en: `${tellWhen(one, one.refusal).en}, ${tellService(one.refusal).en} refused the push because too many had been sent (${tellCode(one.refusal)}).`,
    }),
    todo: {
      ko: "운영자에게 알려 대량 발송이 진행 중인지 확인하게 하십시오.",
      en: "Tell the operator to check whether a campaign is sending too much.",
    },
  },
  {
    cause: "fcm_credentials",
    evidence: "FCM refused the service's own credentials, such as `PERMISSION_DENIED`, or does not know the project",
    fits: isRefused("credentials"),
    says: (one) => ({
      ko: `${tellWhen(one, one.refusal).ko} ${tellService(one.refusal).ko} 우리 서비스의 접근을 거부했습니다(${tellCode(one.refusal)}).`,
      en: `${tellWhen(one, one.refusal).en}, ${tellService(one.refusal).en} refused our service itself (${tellCode(one.refusal)}).`,
    }),
    todo: {
      ko: "모든 전화기에 영향을 주는 문제입니다. 운영자에게 바로 알리십시오.",
      en: "Tell the operator at once: it affects every phone.",
    },
  },
  {
    cause: "fcm_down",
    evidence: "FCM did not answer in time, or reported a fault of its own, such as `UNAVAILABLE`",
    fits: isRefused("down"),
    says: (one) => ({
      ko: `${tellWhen(one, one.refusal).ko} ${tellService(one.refusal).ko} 응답하지 않거나 장애를 알려 푸시가 전달되지 않았습니다(${tellCode(one.refusal)}).`,
      en: `${tellWhen(one, one.refusal).en}, the push was given up: ${tellService(one.refusal).en} did not answer, or reported a fault (${tellCode(one.refusal)}).`,
    }),
    todo: {
      ko: "잠시 후 다시 전화해 보십시오. 계속되면 https://status.firebase.google.com에서 장애 공지를 확인하십시오.",
      en: "Call again in a few minutes. If it goes on, look for an outage at https://status.firebase.google.com.",
    },
  },
  {
    cause: "push_refused",
    evidence: "FCM or APNs refused the push with another code; of a browser also `THIRD_PARTY_AUTH_ERROR`",
    fits: (one) => isRefused("other")(one) || isRefused("apnsKey")(one),
    says: (one) => ({
      ko: `${tellWhen(one, one.refusal).ko} ${tellService(one.refusal).ko} 푸시의 내용을 거부했습니다(${tellCode(one.refusal)}).`,
      en: `${tellWhen(one, one.refusal).en}, ${tellService(one.refusal).en} refused the push as it was (${tellCode(one.refusal)}).`,
    }),
    todo: {
      ko: "운영자에게 이 코드를 알려 로그에서 원인을 찾게 하십시오.",
      en: "Tell the operator this code, and let them find the reason in the log.",
    },
  },
]);
