import { z } from "zod";
import { ownEntry } from "./own-entry.ts";

const line = z.string().min(1).max(200);

const phoneTexts = z.strictObject({
  /** Body of a call's alert. */
  callAlertBody: line,
  /** Title of a call's alert when the caller has neither name nor number. */
  unknownCaller: line,
  /** Replaces the body of a call's alert when the call was missed. */
  callMissedBody: line,
  /** Replaces the body of a call's alert when another phone took the call. */
  callAnsweredBody: line,
  pathDailyTitle: line,
  pathDailyBody: line,
});

/** The texts that iPhones and browsers show, in one language. An Android app draws a call by itself. */
export type PhoneTexts = Readonly<z.infer<typeof phoneTexts>>;

/** A language or a regional variant of one: `en`, `pt-br`. */
export const languageTag = /^[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}$/;

/** Texts by language that change or complete the shipped ones. */
export const ownTexts = z.record(
  z.string().regex(languageTag, "must be a language such as en or pt-br"),
  phoneTexts.partial(),
);

/** Texts by language. */
export type OwnTexts = Readonly<z.infer<typeof ownTexts>>;

const ko: PhoneTexts = {
  callAlertBody: "전화가 왔습니다",
  unknownCaller: "발신번호 표시제한",
  callMissedBody: "부재중 전화",
  callAnsweredBody: "다른 곳에서 받은 전화",
  pathDailyTitle: "From Wolley 🗓",
  pathDailyBody: "일주일 동안의 기록을 확인해보세요!",
};

const en: PhoneTexts = {
  callAlertBody: "Incoming call",
  unknownCaller: "Unknown caller",
  callMissedBody: "Missed call",
  callAnsweredBody: "Answered elsewhere",
  pathDailyTitle: "From Wolley 🗓",
  pathDailyBody: "Have a look at your week!",
};

const shipped: Readonly<Record<string, PhoneTexts>> = { ko, en };

/** The settings of texts. */
export interface TextSettings {
  /** For phones whose language has no texts. */
  readonly defaultLanguage: string;
  readonly ownTexts: OwnTexts;
}

/** The languages that have texts. */
export function listLanguages({ ownTexts: own }: TextSettings): readonly string[] {
  return [...new Set([...Object.keys(shipped), ...Object.keys(own)])];
}

/** Whether a language has texts, shipped or own ones. */
export function hasTexts(own: OwnTexts, language: string): boolean {
  return ownEntry(shipped, language) !== undefined || ownEntry(own, language) !== undefined;
}

/**
 * The language of the texts for a phone: the one of its `locale` (`en-US`, `pt_BR`), without its last parts if only
 * that has texts (RFC 4647, Lookup), else the default.
 */
export function chooseLanguage({ defaultLanguage, ownTexts: own }: TextSettings, locale: string | null): string {
  const parts = (locale ?? "").toLowerCase().split(/[-_.@]/);
  for (let count = parts.length; count > 0; count -= 1) {
    const language = parts.slice(0, count).join("-");
    if (hasTexts(own, language)) return language;
  }
  return defaultLanguage;
}

/** The texts in a language; those that it lacks are in the default language. */
export function textsIn({ defaultLanguage, ownTexts: own }: TextSettings, language: string): PhoneTexts {
  const layers = [language, defaultLanguage].flatMap((tag) => [ownEntry(own, tag), ownEntry(shipped, tag)]);
  const find = (name: keyof PhoneTexts) => layers.find((layer) => layer?.[name] !== undefined)?.[name] ?? ko[name];
  return {
    callAlertBody: find("callAlertBody"),
    unknownCaller: find("unknownCaller"),
    callMissedBody: find("callMissedBody"),
    callAnsweredBody: find("callAnsweredBody"),
    pathDailyTitle: find("pathDailyTitle"),
    pathDailyBody: find("pathDailyBody"),
  };
}
