import { findOffset } from "./phone-clock.ts";
import { phoneRows } from "./phone-rows.ts";
import { hasEndedIt, isDeclined, isExcused } from "./who-stopped.ts";
import { join, tellLeast, tellSpan } from "./words.ts";

/** The phone was busy, is still asked, or came too late. */
export const lateRows = phoneRows([
  {
    cause: "busy",
    evidence: "the PBX ended the ring with reason `busy`, or the phone had answered another call that was not over",
    fits: (one) => (one.reason === "busy" && !isDeclined(one)) || (one.otherCall !== undefined && !one.wasReady),
    says: ({ otherCall, stopsAt, at }) => {
      if (otherCall === undefined) {
        return {
          ko: `교환기가 ${at(stopsAt)}에 통화 중이라고 알렸습니다.`,
          en: `The PBX said at ${at(stopsAt)} that the line was busy.`,
        };
      }
      const since = at(otherCall.since);
      return otherCall.isKnown
        ? {
            ko: `이 전화기는 ${since}부터 다른 통화 중이었습니다.`,
            en: `This phone was in another call since ${since}.`,
          }
        : {
            ko: `이 전화기는 ${since}에 다른 전화를 받았고, 그 통화가 끝난 기록이 없습니다. 통화 중이었을 가능성이 큽니다.`,
            en: `This phone answered another call at ${since}, and the end of that one is not on record. Most likely it was still in that call.`,
          };
    },
    todo: {
      ko: "그 시각에 통화 중이었는지 고객에게 확인하고, 원하면 통화 중 대기를 설정하십시오.",
      en: "Ask the customer whether they were on the phone then, and set up call waiting if they want it.",
    },
  },
  {
    cause: "under_way",
    evidence: "the ring lives when it is asked, and the phone may still ring",
    fits: ({ isUnderWay }) => isUnderWay,
    says: ({ now, announcedAt, stopsAt, wasReady, heardAt, at }) => {
      const [span, end] = [tellSpan(now - announcedAt), at(stopsAt)];
      const rings = { ko: "전화기가 지금 울리고 있습니다.", en: "The phone is ringing now." };
      const woke = { ko: "전화기가 깨어나 준비하고 있습니다.", en: "The phone is awake and getting ready." };
      const sent = {
        ko: "푸시를 보냈고 아직 응답이 없습니다.",
        en: "The push has left, and the phone has not reported yet.",
      };
      return join(
        {
          ko: `이 전화는 ${span.ko} 전에 시작되어 아직 울리는 중이며 늦어도 ${end}에 끝납니다.`,
          en: `This call began ${span.en} ago and still rings, until ${end} at the latest.`,
        },
        wasReady ? rings : heardAt === undefined ? sent : woke,
      );
    },
    todo: {
      ko: "벨이 끝난 뒤에 다시 조회하십시오.",
      en: "Ask again when the ring is over.",
    },
  },
  {
    cause: "deprioritised",
    evidence:
      "the phone's `priority` is `normal` although `originalPriority` is `high`, it woke more than five seconds after the push, with less than five left or too late, and was not ready in time",
    fits: (one) => one.isLowered && !one.wasReady && !isExcused(one),
    says: ({ heardAt, stopsAt, announcedAt, at }) => {
      const time = heardAt ?? stopsAt;
      const span = tellSpan(time - announcedAt);
      return {
        ko: `구글이 이 앱의 푸시 우선순위를 낮추어 전화기가 늦게 깨어납니다. 전화기는 전화가 온 지 ${span.ko} 뒤인 ${at(time)}에 처음 응답했고, 벨은 ${at(stopsAt)}에 끝났습니다.`,
        en: `Google has lowered the priority of this app's pushes, so the phone wakes late. It first reported at ${at(time)}, ${span.en} after the call came, and the ring was over at ${at(stopsAt)}.`,
      };
    },
    todo: {
      ko: "앱을 열어 알림을 허용하도록 고객에게 안내하고, 푸시를 받을 때마다 화면에 알림을 표시하도록 앱 개발자에게 요청하십시오.",
      en: "Ask the customer to open the app and to allow notifications. Ask the app's developers to show something for every push.",
    },
  },
  {
    cause: "late",
    evidence:
      "the first report, or `ready`, came after the ring was over, and more than five seconds after the step before it; or the first report came more than ten seconds after the push and within five seconds of the end; the ring was not over before a phone usually wakes",
    fits: (one) => one.lateAt !== undefined && !isExcused(one),
    says: ({ lateAt, stopsAt, announcedAt, at }) => {
      const time = lateAt ?? stopsAt;
      const [wake, late] = [tellSpan(time - announcedAt), tellSpan(Math.abs(time - stopsAt))];
      if (time <= stopsAt) {
        return {
          ko: `전화기가 늦게 깨어났습니다. 전화기는 전화가 온 지 ${wake.ko} 뒤인 ${at(time)}에 응답했는데, 벨은 그 ${late.ko} 뒤인 ${at(stopsAt)}에 끝났습니다.`,
          en: `The phone woke too late: it reported at ${at(time)}, ${wake.en} after the call came, and the ring was over ${late.en} later, at ${at(stopsAt)}.`,
        };
      }
      return {
        ko: `전화기가 늦게 깨어났습니다. 벨은 ${at(stopsAt)}에 끝났는데, 전화기는 전화가 온 지 ${wake.ko} 뒤인 ${at(time)}에 응답하여 ${late.ko} 늦었습니다.`,
        en: `The phone woke too late: the ring was over at ${at(stopsAt)}, and the phone reported at ${at(time)}, ${wake.en} after the call came and ${late.en} too late.`,
      };
    },
    todo: {
      ko: "전화기의 신호와 절전 설정을 확인하고, 앱을 절전 대상에서 제외하도록 고객에게 안내하십시오.",
      en: "Ask the customer to check the phone's reception, and to exempt the app from battery saving.",
    },
  },
  {
    cause: "clock_wrong",
    evidence:
      "by the phone's clock, the push arrived more than five seconds before FCM took it, or after the phone reported; the phone was not ready, or ended the ring by itself; the ring was not over before a phone usually wakes",
    fits: (one) => one.isClockWrong && (one.wasReady ? hasEndedIt(one) : !isExcused(one)),
    says: ({ phone, heardAt }) => {
      const span = tellLeast(findOffset(phone, heardAt));
      return {
        ko: `이 전화기의 시계가 ${span.ko} 이상 맞지 않습니다. 그래서 앱이 이미 끝난 전화로 판단했을 수 있습니다.`,
        en: `The clock of this phone is wrong by ${span.en} or more. So the app may have taken the call for one that was over.`,
      };
    },
    todo: {
      ko: "전화기 설정에서 날짜와 시간을 자동으로 맞추도록 고객에게 안내하십시오.",
      en: "Ask the customer to set date and time automatically in the phone's settings.",
    },
  },
]);
