import type { PhoneFailure } from "../../wire.ts";
import type { PhoneCase } from "./phone-case.ts";
import { phoneRows } from "./phone-rows.ts";

/** An app tries to get to its PBX until so long after its ring time, in milliseconds, and then takes a moment to say so. */
const triesMs = 15_000;

/** It woke while the call rang, said that it could not go on, and was never ready. */
const hasFailed = (failure: PhoneFailure) => (one: PhoneCase) => {
  const { phone, wasReady, stopsAt, ringEndsAt } = one;
  if (phone.failure !== failure || wasReady) return false;
  // The user answered on the system's screen, and the call went nowhere.
  if (phone.state === "answered") return true;
  // The report of a phone without a network is often its only one.
  const isLone = phone.receivedAt === undefined;
  return isLone ? (phone.failedAt?.toMillis() ?? 0) <= ringEndsAt + triesMs : phone.receivedAt.toMillis() <= stopsAt;
};

const tellTime = ({ phone: { failedAt }, stopsAt, at }: PhoneCase) => at(failedAt?.toMillis() ?? stopsAt);

/** The push arrived, and the phone said itself why it could not ring. */
export const failedRows = phoneRows([
  {
    cause: "no_settings",
    evidence: "the phone reported `failed` with reason `no_settings`, and was not ready in time",
    fits: hasFailed("no_settings"),
    says: (one) => ({
      ko: `푸시를 받고 전화기가 깨어났지만, 앱에 교환기 서버 주소가 없었습니다. 전화기가 ${tellTime(one)}에 그렇게 알렸습니다.`,
      en: `The push woke the phone, but the app has no address of the PBX. The phone said so at ${tellTime(one)}.`,
    }),
    todo: {
      ko: "앱의 서버 설정을 입력하고 저장하도록 고객에게 안내하십시오.",
      en: "Ask the customer to enter and save the server settings in the app.",
    },
  },
  {
    cause: "no_permission",
    evidence: "the phone reported `failed` with reason `no_permission`, and was not ready in time",
    fits: hasFailed("no_permission"),
    says: (one) => ({
      ko: `푸시를 받고 전화기가 깨어났지만, 앱에 필요한 권한이 허용되어 있지 않았습니다. 전화기가 ${tellTime(one)}에 그렇게 알렸습니다.`,
      en: `The push woke the phone, but the app lacks a permission that it needs. The phone said so at ${tellTime(one)}.`,
    }),
    todo: {
      ko: "전화기 설정에서 앱의 알림, 마이크, 전화 권한을 모두 허용하도록 고객에게 안내하십시오.",
      en: "Ask the customer to allow notifications, the microphone and calls for the app in the phone's settings.",
    },
  },
  {
    cause: "no_connection",
    evidence: "the phone reported `failed` with reason `no_connection`, and was not ready in time",
    fits: hasFailed("no_connection"),
    says: (one) => ({
      ko: `푸시를 받고 전화기가 깨어났지만, 교환기에 접속하지 못했습니다. 전화기가 ${tellTime(one)}에 그렇게 알렸습니다.`,
      en: `The push woke the phone, but it could not connect to the PBX. The phone said so at ${tellTime(one)}.`,
    }),
    todo: {
      ko: "다른 네트워크(Wi-Fi, 모바일 데이터)에서 다시 시험하고, 앱의 서버 설정과 교환기가 동작하는지 확인하십시오.",
      en: "Try again on another network, Wi-Fi or mobile data. Check the app's server settings, and that the PBX is up.",
    },
  },
  {
    cause: "app_error",
    evidence: "the phone reported `failed` with reason `error`, and was not ready in time",
    fits: hasFailed("error"),
    says: (one) => ({
      ko: `푸시를 받고 전화기가 깨어났지만, 앱에 오류가 났습니다. 전화기가 ${tellTime(one)}에 그렇게 알렸습니다.`,
      en: `The push woke the phone, but the app met an error. The phone said so at ${tellTime(one)}.`,
    }),
    todo: {
      ko: "앱을 업데이트하고 다시 시험하십시오. 그래도 같으면 앱 개발자에게 시각과 전화기 모델을 알리십시오.",
      en: "Update the app and try again. If it goes on, tell the app's developers the time and the model of the phone.",
    },
  },
]);
