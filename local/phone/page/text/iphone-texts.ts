import type { Mode } from "../phone/saved-phones.ts";

/** Texts of an iPhone. */
export interface IphoneTexts {
  /** What is other than on Android. */
  readonly explanations: Readonly<Partial<Record<Mode | "woken", string>>>;
  readonly locked: string;
  readonly unlock: string;
  readonly closed: string;
  /** The line above the caller, by the system. */
  readonly audio: string;
  readonly slide: string;
  readonly voip: string;
  readonly delivered: string;
  readonly stopped: string;
  readonly forgets: string;
  readonly forgetsHint: string;
  readonly crash: string;
  readonly crashWarning: (misses: number, allowed: number) => string;
  readonly crashStopped: string;
}
