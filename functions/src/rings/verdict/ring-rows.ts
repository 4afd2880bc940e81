import type { EndReason } from "../../wire.ts";
import { lineOf, type Ring } from "../ring.ts";
import type { Row } from "./finding.ts";
import { findStop } from "./phone-times.ts";
import { tellSpan, type TellTime, type Words } from "./words.ts";

/** A ring without a phone on record, as the rows of the table ask about it. */
export interface RingCase {
  readonly ring: Ring;
  readonly now: number;
  /** Lines that are written like the ring's. */
  readonly similarLines: readonly string[];
  readonly at: TellTime;
}

const ends: Readonly<Record<EndReason, Words>> = {
  answered: { ko: "다른 전화기에서 받았습니다", en: "it was answered on another phone" },
  answered_elsewhere: { ko: "다른 전화기에서 받았습니다", en: "it was answered on another phone" },
  cancelled: { ko: "발신자가 전화를 끊었습니다", en: "the caller had hung up" },
  missed: { ko: "교환기가 벨을 멈추었습니다", en: "the PBX had stopped ringing" },
  declined: { ko: "다른 전화기에서 거절했습니다", en: "it was declined on another phone" },
  busy: { ko: "통화 중이었습니다", en: "the line was busy" },
  failed: { ko: "교환기가 전화를 연결하지 못했습니다", en: "the PBX could not put it through" },
};

/** Whether the exten of a ring had no line: the record has no user, and its request looked for one. */
export function hasNoLine({ answer, uid }: Ring): boolean {
  return answer?.status === "no_devices" && uid === undefined;
}

const tellAnnounced = ({ ring: { createdAt }, at }: RingCase) => at(createdAt.toMillis());

function ringRows<const Cause extends string>(rows: readonly Row<RingCase, Cause>[]): readonly Row<RingCase, Cause>[] {
  return rows;
}

/** Why a ring has no phone. */
export const ringTable = ringRows([
  {
    cause: "record_gone",
    evidence: "the ring shared the phones of an earlier ring, which is no longer on record",
    fits: ({ ring: { joined } }) => joined !== undefined,
    says: (one) => ({
      ko: `${tellAnnounced(one)}에 온 전화는 같은 통화의 앞선 호출과 함께 울렸는데, 그 기록이 삭제되어 더 알 수 없습니다.`,
      en: `The call of ${tellAnnounced(one)} rang together with an earlier ring of the same call, and the record of that one is gone.`,
    }),
    todo: {
      ko: "전화를 다시 걸어 시험한 뒤 그 결과를 조회하십시오.",
      en: "Make a new call, and ask about that one.",
    },
  },
  {
    cause: "under_way",
    evidence: "the request that announced the ring is still at work when it is asked",
    fits: ({ ring: { answer, claim }, now }) => answer === undefined && now < claim.until.toMillis(),
    says: ({ ring: { createdAt }, now }) => {
      const span = tellSpan(now - createdAt.toMillis());
      return {
        ko: `이 전화는 ${span.ko} 전에 시작되어 지금 푸시를 보내고 있습니다.`,
        en: `This call began ${span.en} ago, and its pushes are just being sent.`,
      };
    },
    todo: { ko: "벨이 끝난 뒤에 다시 조회하십시오.", en: "Ask again when the ring is over." },
  },
  {
    cause: "exten_misspelt",
    evidence: "the answer was `no_devices`, the ring has no `uid`, and a line exists that is written in another way",
    fits: (one) => hasNoLine(one.ring) && one.similarLines.length > 0,
    says: (one) => {
      const { ring, similarLines } = one;
      const [line, others] = [lineOf(ring), similarLines.join(", ")];
      return {
        ko: `교환기가 ${tellAnnounced(one)}에 번호를 ${line} 형식으로 보냈지만, 등록된 번호는 ${others} 형식입니다. 그래서 울릴 전화기를 찾지 못했습니다.`,
        en: `At ${tellAnnounced(one)}, the PBX sent the number as ${line}, but the line is registered as ${others}. So no phone was found.`,
      };
    },
    todo: {
      ko: "교환기가 보내는 번호와 등록된 번호를 같은 형식으로 맞추십시오.",
      en: "Write the number in the same way in the PBX and in the line.",
    },
  },
  {
    cause: "no_line",
    evidence: "the answer was `no_devices`, and the ring has no `uid`",
    fits: ({ ring }) => hasNoLine(ring),
    says: (one) => ({
      ko: `${tellAnnounced(one)}에 전화가 왔을 때 ${lineOf(one.ring)} 번호는 어떤 사용자에게도 할당되어 있지 않았습니다.`,
      en: `When the call came at ${tellAnnounced(one)}, the number ${lineOf(one.ring)} belonged to no user.`,
    }),
    todo: {
      ko: "이 번호를 사용자에게 할당하십시오.",
      en: "Assign the number to a user.",
    },
  },
  {
    cause: "no_device",
    evidence: "the answer was `no_devices`, and the ring has the `uid` of its user",
    fits: ({ ring: { answer } }) => answer?.status === "no_devices",
    says: (one) => ({
      ko: `${tellAnnounced(one)}에 전화가 왔을 때 이 번호의 사용자가 로그인한 전화기가 한 대도 없었습니다.`,
      en: `When the call came at ${tellAnnounced(one)}, the user of this number was logged in on no phone.`,
    }),
    todo: {
      ko: "앱을 실행하고 로그인하도록 고객에게 안내하십시오.",
      en: "Ask the customer to open the app and to log in.",
    },
  },
  {
    cause: "over_before",
    evidence: "the ring was ended or answered, or its time was over, while its request could still push",
    // An end that came later found a request that had died.
    fits: ({ ring }) => {
      const isOver = ring.answer?.status === "ended" || ring.endedAt !== undefined || ring.answeredAt !== undefined;
      return isOver && findStop({ ring }) <= ring.claim.until.toMillis();
    },
    says: ({ ring, at }) => {
      const { endReason } = ring;
      const time = at(findStop({ ring }));
      const why = endReason === undefined ? undefined : ends[endReason];
      return {
        ko: `푸시를 보내기 전인 ${time}에 벨이 이미 끝났습니다.${why === undefined ? "" : ` ${why.ko}.`}`,
        en: `The ring was over at ${time}, before a push could leave${why === undefined ? "." : `: ${why.en}.`}`,
      };
    },
    todo: {
      ko: "전화기의 문제가 아니라고 고객에게 알려 주십시오.",
      en: "Tell the customer that nothing is wrong with the phone.",
    },
  },
  {
    cause: "interrupted",
    evidence: "no push is on record, and the right of its request to push has expired",
    fits: () => true,
    says: (one) => ({
      ko: `${tellAnnounced(one)}에 온 전화를 처리하던 서비스가 중단되어 푸시 기록이 없습니다.`,
      en: `Our service was interrupted while it handled the call of ${tellAnnounced(one)}: no push is on record.`,
    }),
    todo: {
      ko: "운영자에게 이 시각을 알려 로그를 확인하게 하십시오.",
      en: "Tell the operator this time, and let them check the log.",
    },
  },
]);
