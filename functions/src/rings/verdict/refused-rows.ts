import { phoneRows } from "./phone-rows.ts";
import { findTold, isRefused, tellBanner, tellCode, tellService, tellWhen } from "./refusal-words.ts";
import { join } from "./words.ts";

/** No service took the push, or APNs did not. */
export const refusedRows = phoneRows([
  {
    cause: "app_uninstalled",
    evidence:
      "FCM refused the push with `UNREGISTERED` or called the token invalid, or APNs refused it with 410 `Unregistered` or `ExpiredToken`; no report came",
    fits: (one) => findTold(one, "gone") !== undefined,
    says: (one) => {
      const told = findTold(one, "gone");
      const [when, service, code] = [tellWhen(one, told), tellService(told), tellCode(told)];
      return {
        ko: `${when.ko} ${service.ko} 이 전화기에 앱이 더 이상 없거나 앱의 등록이 만료되었다고 답했습니다(${code}).`,
        en: `${when.en}, ${service.en} said that the app is no longer on this phone, or that its registration has expired (${code}).`,
      };
    },
    todo: {
      ko: "앱을 설치하거나 실행하고 다시 로그인하도록 고객에게 안내하십시오.",
      en: "Ask the customer to install or open the app, and to log in again.",
    },
  },
  {
    cause: "sender_mismatch",
    evidence: "FCM refused the push with `SENDER_ID_MISMATCH`",
    fits: isRefused("sender"),
    says: (one) => ({
      ko: `${tellWhen(one, one.refusal).ko} 구글의 푸시 서비스가 푸시를 거부했습니다. 이 전화기의 앱은 다른 Firebase 프로젝트용으로 만들어졌습니다(${tellCode(one.refusal)}).`,
      en: `${tellWhen(one, one.refusal).en}, Google's push service refused the push: the app on this phone was built for another Firebase project (${tellCode(one.refusal)}).`,
    }),
    todo: {
      ko: "앱을 업데이트하고 다시 로그인하도록 고객에게 안내하십시오. 그래도 같으면 앱 개발자에게 앱의 Firebase 설정을 확인하게 하십시오.",
      en: "Ask the customer to update the app and to log in again. If that does not help, ask the app's developers to check its Firebase settings.",
    },
  },
  {
    cause: "apns_key",
    evidence:
      "APNs refused our key, such as `InvalidProviderToken` or `Forbidden`, or FCM said `THIRD_PARTY_AUTH_ERROR`; no report came",
    fits: (one) => findTold(one, "apnsKey") !== undefined && one.phone.device?.platform !== "web",
    says: (one) => {
      const told = findTold(one, "apnsKey");
      const [when, service, code] = [tellWhen(one, told), tellService(told), tellCode(told)];
      const refused = {
        ko: `${when.ko} ${service.ko} 푸시를 거부했습니다. 애플용 인증 키가 없거나 잘못되었습니다(${code}).`,
        en: `${when.en}, ${service.en} refused the push: our key for Apple is missing or wrong (${code}).`,
      };
      return join(refused, tellBanner(one));
    },
    todo: {
      ko: "모든 iPhone에 영향을 주는 문제입니다. 운영자에게 바로 알려 애플 키를 바로잡게 하십시오.",
      en: "Tell the operator at once to correct the key for Apple: it affects every iPhone.",
    },
  },
  {
    cause: "apns_environment",
    evidence:
      "APNs said `BadDeviceToken`, itself or through FCM, or took the push in the environment that the app had not named; no report came",
    fits: (one) => findTold(one, "environment") !== undefined,
    says: (one) => {
      const told = findTold(one, "environment");
      const refused = {
        ko: `${tellWhen(one, told).ko} 애플이 이 iPhone의 주소를 알아보지 못했습니다. 시험용 앱과 정식 앱의 주소가 서로 바뀌어 등록되어 있습니다(${tellCode(told)}).`,
        en: `${tellWhen(one, told).en}, Apple did not recognise the address of this iPhone: that of a test version of the app is registered as that of the released app, or the other way round (${tellCode(told)}).`,
      };
      return join(refused, tellBanner(one));
    },
    todo: {
      ko: "App Store의 앱을 설치하고 한 번 실행하도록 고객에게 안내하십시오. 그래도 같으면 앱 개발자에게 빌드 환경을 확인하게 하십시오.",
      en: "Ask the customer to install the app from the App Store and to open it once. If that does not help, ask the app's developers to check the environment of the build.",
    },
  },
]);
