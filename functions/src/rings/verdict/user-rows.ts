import type { PhoneCase } from "./phone-case.ts";
import { phoneRows } from "./phone-rows.ts";
import { usualMs } from "./phone-times.ts";
import { isGivenUp, isTakenFirst } from "./who-stopped.ts";

/** Two instances' clocks differ by less, in milliseconds. */
const toleranceMs = 1000;

/** The user answered on the system's screen, and the phone never got to its PBX: nobody heard anybody. */
const wasVain = ({ phone: { failedAt, answeredAt, readyAt } }: PhoneCase) =>
  failedAt !== undefined && readyAt === undefined && failedAt.toMillis() >= (answeredAt?.toMillis() ?? 0);

/** Whether the phone declined what had ended before, or woke long after. */
const isOver = (one: PhoneCase) => {
  const { phone, stopsAt, lateAt } = one;
  if ((phone.declinedAt?.toMillis() ?? 0) <= stopsAt) return false;
  return isGivenUp(one) || isTakenFirst(one) || (lateAt !== undefined && lateAt > stopsAt + usualMs);
};

/** What the user did at the phone is final. */
export const userRows = phoneRows([
  {
    cause: "answered_here",
    evidence: "the phone reported `answered`, and not after that that it never got to its PBX",
    fits: (one) => one.phone.state === "answered" && !wasVain(one),
    says: ({ phone: { answeredAt }, stopsAt, at }) => {
      const time = at(answeredAt?.toMillis() ?? stopsAt);
      if ((answeredAt?.toMillis() ?? 0) > stopsAt + toleranceMs) {
        return {
          ko: `이 전화기에서 ${time}에 전화를 받았지만, 벨은 ${at(stopsAt)}에 이미 끝났습니다.`,
          en: `The call was answered on this phone at ${time}, but the ring was over at ${at(stopsAt)}.`,
        };
      }
      return {
        ko: `이 전화기에서 ${time}에 전화를 받았습니다.`,
        en: `The call was answered on this phone at ${time}.`,
      };
    },
    todo: {
      ko: "이 전화기에서 전화를 받았다고 고객에게 알려 주십시오.",
      en: "Tell the customer that this phone answered.",
    },
  },
  {
    cause: "declined_here",
    evidence:
      "the phone reported `declined`, and nobody else had ended the ring before, nor did it wake long after the end",
    fits: (one) => (one.phone.state === "declined" || one.phone.declinedAt !== undefined) && !isOver(one),
    says: ({ phone: { declinedAt }, stopsAt, at }) => {
      const time = at(declinedAt?.toMillis() ?? stopsAt);
      if ((declinedAt?.toMillis() ?? 0) > stopsAt + toleranceMs) {
        return {
          ko: `이 전화기가 ${time}에 전화를 거절했다고 알렸습니다. 벨은 ${at(stopsAt)}에 이미 끝났습니다.`,
          en: `This phone said at ${time} that the call was declined. The ring was over at ${at(stopsAt)} already.`,
        };
      }
      return {
        ko: `이 전화기에서 ${time}에 전화를 거절했습니다.`,
        en: `The call was declined on this phone at ${time}.`,
      };
    },
    todo: {
      ko: "거절 버튼을 누른 적이 있는지 고객에게 확인하십시오.",
      en: "Ask the customer whether someone touched the decline button.",
    },
  },
]);
