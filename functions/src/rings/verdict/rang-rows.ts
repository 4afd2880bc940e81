import { phoneRows } from "./phone-rows.ts";
import { tellSpan } from "./words.ts";

/** The phone reported in time. */
export const rangRows = phoneRows([
  {
    cause: "app_died",
    evidence: "the phone reported `received` in time, and neither `ready` nor `failed`",
    fits: ({ wasReady }) => !wasReady,
    says: ({ heardAt, stopsAt, at }) => ({
      ko: `앱이 ${at(heardAt ?? stopsAt)}에 푸시를 받았다고 알린 뒤 더 이상 응답하지 않았습니다. 앱이 강제로 종료되었거나 오류로 멈춘 것 같습니다.`,
      en: `The app said at ${at(heardAt ?? stopsAt)} that it had the push, and then nothing more. The phone seems to have stopped it, or it crashed.`,
    }),
    todo: {
      ko: "앱을 업데이트하고 절전 대상에서 제외하도록 고객에게 안내하십시오. 그래도 같으면 앱 개발자에게 시각과 전화기 모델을 알리십시오.",
      en: "Ask the customer to update the app and to exempt it from battery saving. If it goes on, tell the app's developers the time and the model of the phone.",
    },
  },
  {
    cause: "full_screen_off",
    evidence: "the phone was ready and nobody answered, and the app had said `fullScreen: false`",
    fits: ({ phone: { device } }) => device?.fullScreen === false,
    says: ({ phone: { readyAt }, stopsAt, at }) => ({
      ko: `전화기는 ${at(readyAt?.toMillis() ?? stopsAt)}부터 울렸지만, 전체 화면 알림이 허용되지 않아 작은 알림만 표시되었을 수 있습니다.`,
      en: `The phone rang from ${at(readyAt?.toMillis() ?? stopsAt)}, but may have shown only a small notification: the app may not use the full screen.`,
    }),
    todo: {
      ko: "전화기 설정에서 앱의 전체 화면 알림을 허용하도록 고객에게 안내하십시오.",
      en: "Ask the customer to allow the app's full-screen notifications in the phone's settings.",
    },
  },
  {
    cause: "not_answered",
    evidence: "the phone was ready in time, and nobody answered",
    fits: () => true,
    says: ({ phone: { readyAt }, stopsAt, at }) => {
      const time = readyAt?.toMillis() ?? stopsAt;
      const span = tellSpan(stopsAt - time);
      return {
        ko: `전화기는 ${at(time)}부터 ${span.ko} 동안 울렸고 아무도 받지 않았습니다.`,
        en: `The phone rang from ${at(time)} for ${span.en}, and nobody answered.`,
      };
    },
    todo: {
      ko: "전화기의 벨 소리 크기와 방해 금지 모드를 확인하도록 고객에게 안내하십시오.",
      en: "Ask the customer to check the ringer volume and Do Not Disturb.",
    },
  },
]);
