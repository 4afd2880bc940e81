import type { Row } from "./finding.ts";
import { tellSpan, type TellTime, type Words } from "./words.ts";

/** A PBX key that did not work at a time. */
export interface KeyThen {
  readonly pbxId: string;
  readonly state: "expired" | "revoked" | "refused";
  /** When it ended, in milliseconds since the epoch. */
  readonly since?: number;
}

/** A call of which there is no ring, as the rows of the table ask about it. */
export interface MissingCase {
  /** When the phone should have rung, in milliseconds since the epoch. */
  readonly time: number;
  /** Nobody has said when: `time` is that of the question. */
  readonly isNow: boolean;
  /** What is known of the PBX's keys at that time; those that worked are left out. */
  readonly keys: readonly KeyThen[];
  readonly at: TellTime;
}

const findKey = ({ keys }: MissingCase, state: KeyThen["state"]) => keys.find((key) => key.state === state);

/** Since when a key does not work. */
const tellSince = (one: MissingCase, state: KeyThen["state"]): Words => {
  const { since } = findKey(one, state) ?? {};
  if (since === undefined) return { ko: "", en: "" };
  const span = tellSpan(one.time - since);
  return { ko: `${span.ko} 전에 `, en: ` ${span.en} ${one.isNow ? "ago" : "before"}` };
};

/** That there is no record of the call. */
const tellMissing = ({ isNow, time, at }: MissingCase): Words =>
  isNow
    ? { ko: "이 전화의 기록이 없습니다.", en: "This call is not on record" }
    : { ko: `${at(time)}에 온 전화의 기록이 없습니다.`, en: `There is no call on record at ${at(time)}` };

const tellPbx = (one: MissingCase, state: KeyThen["state"]) => findKey(one, state)?.pbxId ?? "";

function missingRows<const Cause extends string>(
  rows: readonly Row<MissingCase, Cause>[],
): readonly Row<MissingCase, Cause>[] {
  return rows;
}

/** Why there is no ring at all. */
export const missingTable = missingRows([
  {
    cause: "key_expired",
    evidence:
      "no ring, and the key of the PBX that ended last had expired by then; the PBX has used no other one that worked",
    fits: (one) => findKey(one, "expired") !== undefined,
    says: (one) => ({
      ko: `${tellMissing(one).ko} 교환기 ${tellPbx(one, "expired")}의 접속 키가 ${tellSince(one, "expired").ko}만료되어 요청이 거부되었습니다.`,
      en: `${tellMissing(one).en}: the key of the PBX ${tellPbx(one, "expired")} had expired${tellSince(one, "expired").en}, and its requests were refused.`,
    }),
    todo: {
      ko: "새 키를 만들어 교환기에 설정하십시오.",
      en: "Make a new key, and set it in the PBX.",
    },
  },
  {
    cause: "key_revoked",
    evidence:
      "no ring, and the key of the PBX that ended last was revoked by then; the PBX has used no other one that worked",
    fits: (one) => findKey(one, "revoked") !== undefined,
    says: (one) => ({
      ko: `${tellMissing(one).ko} 교환기 ${tellPbx(one, "revoked")}의 접속 키가 ${tellSince(one, "revoked").ko}폐기되어 요청이 거부되었습니다.`,
      en: `${tellMissing(one).en}: the key of the PBX ${tellPbx(one, "revoked")} had been revoked${tellSince(one, "revoked").en}, and its requests were refused.`,
    }),
    todo: {
      ko: "폐기된 까닭을 운영자에게 확인한 뒤 새 키를 만들어 교환기에 설정하십시오.",
      en: "Ask the operator why, make a new key, and set it in the PBX.",
    },
  },
  {
    cause: "key_refused",
    evidence: "no ring, and the key of the PBX is unusable, or may not ring this number",
    fits: (one) => findKey(one, "refused") !== undefined,
    says: (one) => ({
      ko: `${tellMissing(one).ko} 교환기 ${tellPbx(one, "refused")}의 접속 키로는 이 요청이 허용되지 않았습니다.`,
      en: `${tellMissing(one).en}: the key of the PBX ${tellPbx(one, "refused")} did not allow the request.`,
    }),
    todo: {
      ko: "키의 권한, 번호 범위, 허용 주소를 확인하십시오.",
      en: "Check the scopes, numbers and addresses that the key allows.",
    },
  },
  {
    cause: "not_announced",
    evidence: "no ring, and nothing is known against the PBX's keys",
    fits: () => true,
    says: (one) => ({
      ko: `${tellMissing(one).ko} 교환기가 서비스에 알리지 않았습니다.`,
      en: `${tellMissing(one).en}: the PBX did not tell the service of it.`,
    }),
    todo: {
      ko: "통화 id와 시각을 확인하고, 교환기에서 서비스에 접속되는지와 다이얼플랜에 이 번호가 있는지 확인하십시오.",
      en: "Check the call's id and time, whether the PBX reaches the service, and whether its dialplan has this number.",
    },
  },
]);
