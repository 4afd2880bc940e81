import type { IphoneTexts } from "./iphone-texts.ts";

/** Texts of an iPhone, in Korean. */
export const koIphone: IphoneTexts = {
  explanations: {
    background: "앱이 잠들어 있습니다. VoIP 푸시는 앱을 깨우지만 알림 푸시는 깨우지 않습니다.",
    closed: "사용자가 앱을 종료했습니다. VoIP 푸시만 앱을 시작합니다.",
    offline: "네트워크가 끊겼습니다. 다시 연결될 때까지 APNs와 FCM이 푸시를 보관합니다.",
  },
  locked: "잠김",
  unlock: "잠금 해제",
  closed: "앱이 종료됨",
  audio: "pbx-push 음성 통화",
  slide: "밀어서 응답",
  voip: "VoIP",
  delivered: "전달됨",
  stopped: "iOS가 중단함",
  forgets: "앱이 CallKit에 통화를 보고하지 않음",
  forgetsHint: "앱의 결함입니다. 다음 VoIP 푸시가 오면 iOS가 앱을 종료합니다.",
  crash: "iOS가 앱을 종료했습니다. 앱이 통화를 보고하지 않았습니다.",
  crashWarning: (misses, allowed) =>
    `${allowed}번 중 ${misses}번째입니다. 보고를 거듭 빠뜨리면 iOS가 이 앱의 VoIP 푸시를 중단합니다. 몇 번째부터인지 Apple은 밝히지 않습니다.`,
  crashStopped: "iOS가 이 앱의 VoIP 푸시를 중단했고, 서비스는 이를 알 수 없습니다. 앱을 다시 설치해야 합니다.",
};
