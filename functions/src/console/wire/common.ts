/** A time in ISO 8601, in UTC: 2026-11-30T05:03:02.120Z. */
export type Time = string;

/** A text in both languages of the console. */
export interface Words {
  readonly ko: string;
  readonly en: string;
}

/** One cause of a closed list (docs/verdicts.md), in a sentence to read out, and what to do about it. */
export interface Finding {
  readonly cause: string;
  readonly says: Words;
  readonly todo: Words;
}

/** Which part of a list is wanted. */
export interface PageRequest {
  /** 1 to 100; 50 if absent. */
  readonly limit?: number | undefined;
  /** The `next` of the page before. */
  readonly cursor?: string | undefined;
}

/** A part of a list. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** The `cursor` of the next page; absent at the end of the list. A page may be short, or empty, and have a next one. */
  readonly next?: string;
}
