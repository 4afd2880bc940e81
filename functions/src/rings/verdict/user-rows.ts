import { phoneRows } from "./phone-rows.ts";

/** What the user did at the phone is final. */
export const userRows = phoneRows([
  {
    cause: "answered_here",
    evidence: "the phone reported `answered`",
    fits: ({ phone: { state } }) => state === "answered",
    says: ({ phone: { answeredAt }, stopsAt, at }) => {
      const time = at(answeredAt?.toMillis() ?? stopsAt);
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
    evidence: "the phone reported `declined`",
    fits: ({ phone: { state, declinedAt } }) => state === "declined" || declinedAt !== undefined,
    says: ({ phone: { declinedAt }, stopsAt, at }) => {
      const time = at(declinedAt?.toMillis() ?? stopsAt);
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
