import type { PanelCall } from "../../wire.ts";
import type { FormError } from "../check-call-form.ts";
import type { StackPart } from "../stack/stack-error.ts";
import type { Platform } from "../stack/push.ts";
import type { IphoneTexts } from "./iphone-texts.ts";
import type { CallTexts, PhoneTexts, TraceTexts } from "./phone-texts.ts";

/** All texts of the page, in one language. */
export interface Texts {
  readonly page: PageTexts;
  readonly phone: PhoneTexts;
  readonly iphone: IphoneTexts;
  readonly call: CallTexts;
  readonly trace: TraceTexts;
  readonly pbx: PbxTexts;
}

/** Texts around the phones. */
export interface PageTexts {
  readonly title: string;
  readonly tagline: string;
  readonly language: string;
  readonly ringTone: string;
  readonly inbox: string;
  readonly console: string;
  readonly phones: string;
  readonly addPhone: Readonly<Record<Platform, string>>;
  readonly starting: string;
  readonly tooManyPhones: (most: number) => string;
  readonly stackLost: string;
  readonly parts: Readonly<Record<StackPart, string>>;
  readonly silent: (part: string) => string;
  readonly refused: (part: string, why: string) => string;
  readonly tryAgain: string;
}

/** Texts of the PBX panel. */
export interface PbxTexts {
  readonly title: string;
  readonly intro: string;
  readonly examples: string;
  readonly example: string;
  readonly exampleNames: readonly string[];
  readonly callerName: string;
  readonly callerId: string;
  readonly lines: string;
  readonly group: string;
  readonly otherExten: string;
  readonly ringSeconds: string;
  readonly place: string;
  readonly calls: string;
  readonly noCalls: string;
  readonly unknown: string;
  readonly callFrom: (caller: string) => string;
  readonly steps: (count: number) => string;
  readonly giveUp: string;
  readonly answerAtDesk: string;
  readonly hangUp: string;
  readonly states: Readonly<Record<PanelCall["state"], string>>;
  /** No phone was woken. */
  readonly ringsDeskOnly: string;
  readonly wrong: Readonly<Record<FormError, string>>;
  readonly answeredBy: Readonly<Record<NonNullable<PanelCall["answeredBy"]>, string>>;
  readonly endedBy: Readonly<Record<NonNullable<PanelCall["endedBy"]>, string>>;
}
