import { Option } from "commander";
import { statusAt } from "../../functions/src/rings/group.ts";
import type { StoredRing } from "../../functions/src/rings/ring.ts";
import type { Finding } from "../../functions/src/rings/verdict/finding.ts";
import type { PhoneVerdict, Verdict } from "../../functions/src/rings/verdict/verdict.ts";
import { formatStatus } from "./describe-ring.ts";

const languages = ["ko", "en"] as const;

/** A language of the sentences. */
export type Language = (typeof languages)[number];

/** The option `--lang`; without it, sentences are in both languages. */
export function languageOption(): Option {
  return new Option("--lang <language>", "language of the sentences; default: both").choices(languages);
}

/** The language that was asked for, or both. */
export function languagesOf(lang: Language | undefined): readonly Language[] {
  return lang === undefined ? languages : [lang];
}

/** A ring and its verdict, without the caller. */
export function describeVerdict({ id: callId, ring }: StoredRing, { ring: finding, phones }: Verdict, now: number) {
  const { callKey, pbxRingId, exten, createdAt } = ring;
  return {
    callId,
    callKey,
    ...(pbxRingId !== undefined && { pbxRingId }),
    exten,
    announcedAt: createdAt.toDate().toISOString(),
    ...statusAt(ring, now),
    ...finding,
    phones,
  };
}

/** How a verdict is written: its times, and its language. */
export interface Writing {
  readonly tell: (ms: number) => string;
  readonly lang?: Language | undefined;
}

/** A paragraph on a ring: what it was, and the verdict on it or on each of its phones. */
export function formatVerdict(shown: ReturnType<typeof describeVerdict>, { tell, lang }: Writing): string {
  const { callKey, exten, announcedAt, phones, cause, says, todo } = shown;
  const own =
    cause === undefined || says === undefined || todo === undefined ? [] : formatFinding({ cause, says, todo }, lang);
  const head = [callKey, exten, tell(Date.parse(announcedAt)), formatStatus(shown)].join("  ");
  const lines = [...own, ...phones.flatMap((phone) => formatPhone(phone, lang))];
  return [head, ...lines.map((line) => `  ${line}`)].join("\n");
}

function formatPhone({ deviceId, model, times, ...finding }: PhoneVerdict, lang?: Language): readonly string[] {
  const steps = Object.entries(times).map(([name, ms]) => `${name.replace("Ms", "")} ${ms} ms`);
  const head = [deviceId, model, steps.join(", ")].filter(Boolean).join("  ");
  return [head, ...formatFinding(finding, lang).map((line) => `  ${line}`)];
}

/** The lines of a finding: its cause, and what happened and what to do in each language. */
export function formatFinding({ cause, says, todo }: Finding<string>, lang?: Language): readonly string[] {
  return [cause, ...languagesOf(lang).flatMap((one) => [says[one], `→ ${todo[one]}`])];
}
