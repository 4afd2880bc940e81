import type { Device } from "./device.ts";

/** Something about a device that keeps it from ringing (`bad`), or may (`warn`). */
export interface Concern {
  readonly code: "no_exten" | "notifications_off" | "stale" | "battery_restricted" | "no_full_screen" | "no_voip_token";
  readonly level: "bad" | "warn";
  readonly says: { readonly ko: string; readonly en: string };
}

interface Row extends Concern {
  readonly fits: (device: Device) => boolean;
}

/** What may be wrong with a device, the worst first. */
const table: readonly Row[] = [
  {
    code: "no_exten",
    level: "bad",
    fits: ({ extens }) => extens.length === 0,
    says: { ko: "이 사용자에게 할당된 내선이 없습니다.", en: "Its user has no exten." },
  },
  {
    code: "notifications_off",
    level: "bad",
    fits: ({ facts }) => facts?.["notifications"] === false,
    says: {
      ko: "전화기 설정에서 앱의 알림이 꺼져 있습니다.",
      en: "Notifications of the app are switched off on the phone.",
    },
  },
  {
    code: "stale",
    level: "warn",
    fits: ({ stale }) => stale,
    says: { ko: "한 달 넘게 앱을 열지 않았습니다.", en: "The app has not been opened for a month." },
  },
  {
    code: "battery_restricted",
    level: "warn",
    fits: ({ facts }) => facts?.["batteryRestricted"] === true,
    says: {
      ko: "절전 기능이 앱의 백그라운드 실행을 막습니다.",
      en: "Battery saving restricts the app in the background.",
    },
  },
  {
    code: "no_full_screen",
    level: "warn",
    fits: ({ facts }) => facts?.["fullScreen"] === false,
    says: {
      ko: "앱이 잠금 화면 위에 전화 수신 화면을 표시할 수 없습니다.",
      en: "The app may not show a call over the lock screen.",
    },
  },
  {
    code: "no_voip_token",
    level: "warn",
    fits: ({ platform, voip }) => platform === "ios" && voip === undefined,
    says: {
      ko: "VoIP 토큰이 없어 전화가 배너 알림으로만 표시됩니다.",
      en: "It has no VoIP token: calls show as a notification only.",
    },
  },
];

/** What may keep a device from ringing, the worst first; nothing if it looks well. */
export function findConcerns(device: Device): readonly Concern[] {
  return table.filter(({ fits }) => fits(device)).map(({ code, level, says }) => ({ code, level, says }));
}
