import { phoneRows } from "./phone-rows.ts";
import { findRangMs, hasEndedIt, isDeclinedFirst, isGivenUp, isTakenFirst } from "./who-stopped.ts";
import { tellSpan } from "./words.ts";

/** The ring was over before the phone could ring, or was answered. */
export const overRows = phoneRows([
  {
    cause: "ended_by_phone",
    evidence: "the phone reported `ended` before anything else ended the ring",
    fits: hasEndedIt,
    says: ({ phone: { endedAt }, at }) => {
      const time = endedAt === undefined ? undefined : at(endedAt.toMillis());
      return {
        ko: `이 전화기의 앱이 ${time === undefined ? "" : `${time}에 `}스스로 벨을 끝냈습니다.`,
        en: `The app on this phone ended the ring by itself${time === undefined ? "" : ` at ${time}`}.`,
      };
    },
    todo: {
      ko: "벨을 끄거나 알림을 지웠는지 고객에게 확인하십시오. 아니라면 앱 개발자에게 시각을 알리십시오.",
      en: "Ask the customer whether they dismissed the call. If not, tell the app's developers the time.",
    },
  },
  {
    cause: "answered_elsewhere",
    evidence:
      "another phone answered, or the PBX's end says so, while this phone rang or within five seconds of its push or its last step",
    fits: isTakenFirst,
    says: ({ stopsAt, announcedAt, isTimedOut, at }) => {
      const span = tellSpan(stopsAt - announcedAt);
      // The PBX has told it after the ring time, and not when it was.
      if (isTimedOut) {
        return {
          ko: `다른 전화기에서 전화를 받았습니다. 이 전화기의 벨은 전화가 온 지 ${span.ko} 뒤인 ${at(stopsAt)}에 끝났습니다.`,
          en: `The call was answered on another phone. The ring of this one was over at ${at(stopsAt)}, ${span.en} after the call came.`,
        };
      }
      return {
        ko: `다른 전화기에서 ${at(stopsAt)}에 전화를 받았습니다. 전화가 온 지 ${span.ko} 뒤입니다.`,
        en: `The call was answered on another phone at ${at(stopsAt)}, ${span.en} after it came.`,
      };
    },
    todo: {
      ko: "다른 전화기에서 받은 전화라고 고객에게 알려 주십시오.",
      en: "Tell the customer that another phone took the call.",
    },
  },
  {
    cause: "declined_elsewhere",
    evidence:
      "the ring was ended with reason `declined`, or with `busy` after another phone declined, while this phone rang or within five seconds of its push or its last step",
    fits: isDeclinedFirst,
    says: ({ stopsAt, announcedAt, isDeclinedByOther, wasReady, at }) => {
      const span = tellSpan(stopsAt - announcedAt);
      // A phone that rang may have declined through the PBX, and its report was lost.
      if (wasReady && !isDeclinedByOther) {
        return {
          ko: `누군가 전화를 거절하여 ${at(stopsAt)}에 벨이 끝났습니다. 전화가 온 지 ${span.ko} 뒤입니다. 이 전화기는 거절했다고 알리지 않았으므로, 다른 전화기에서 거절했을 가능성이 큽니다.`,
          en: `The call was declined, and the ring was over at ${at(stopsAt)}, ${span.en} after it came. This phone did not say that it declined, so most likely another one did.`,
        };
      }
      return {
        ko: `다른 전화기에서 전화를 거절하여 ${at(stopsAt)}에 벨이 끝났습니다. 전화가 온 지 ${span.ko} 뒤입니다.`,
        en: `The call was declined on another phone, and the ring was over at ${at(stopsAt)}, ${span.en} after it came.`,
      };
    },
    todo: {
      ko: "같은 번호를 쓰는 다른 전화기에서 거절했는지 고객에게 확인하십시오.",
      en: "Ask the customer whether someone declined on another phone of this number.",
    },
  },
  {
    cause: "caller_gave_up",
    evidence:
      "the caller hung up (reason `cancelled`) before a push usually leaves, within five seconds of the push or the phone's last step, or within three seconds of `ready`",
    fits: isGivenUp,
    says: (one) => {
      const { stopsAt, announcedAt, wasReady, at } = one;
      const [span, rang] = [tellSpan(stopsAt - announcedAt), tellSpan(findRangMs(one))];
      const end = {
        ko: `발신자가 ${at(stopsAt)}에 전화를 끊었습니다. 전화가 온 지 ${span.ko} 뒤여서`,
        en: `The caller hung up at ${at(stopsAt)}, ${span.en} after the call came`,
      };
      return wasReady
        ? {
            ko: `${end.ko} 전화기는 ${rang.ko} 동안만 울렸습니다.`,
            en: `${end.en}: the phone rang for ${rang.en} only.`,
          }
        : { ko: `${end.ko} 전화기가 울릴 시간이 없었습니다.`, en: `${end.en}: the phone had no time to ring.` };
    },
    todo: {
      ko: "발신자가 바로 끊었다고 고객에게 알려 주십시오. 전화기의 문제가 아닙니다.",
      en: "Tell the customer that the caller hung up at once: nothing is wrong with the phone.",
    },
  },
  {
    cause: "interrupted",
    evidence:
      "no push to the phone is on record, and nothing ended the ring early: the request that pushed died; or the push left more than ten seconds after the call came, and the ring was over within five seconds of it",
    fits: ({ isSentLate }) => isSentLate,
    says: ({ announcedAt, acceptedAt, stopsAt, at }) => {
      if (acceptedAt === undefined) {
        return {
          ko: `${at(announcedAt)}에 온 전화를 처리하던 서비스가 중단되어, 이 전화기로 보낸 푸시 기록이 없습니다.`,
          en: `Our service was interrupted while it handled the call of ${at(announcedAt)}: no push to this phone is on record.`,
        };
      }
      const span = tellSpan(acceptedAt - announcedAt);
      return {
        ko: `이 전화기로 보낸 푸시는 전화가 온 지 ${span.ko} 뒤인 ${at(acceptedAt)}에야 나갔고, 벨은 ${at(stopsAt)}에 끝났습니다.`,
        en: `The push to this phone left only at ${at(acceptedAt)}, ${span.en} after the call came, and the ring was over at ${at(stopsAt)}.`,
      };
    },
    todo: {
      ko: "운영자에게 이 시각을 알려 로그를 확인하게 하십시오.",
      en: "Tell the operator this time, and let them check the log.",
    },
  },
]);
