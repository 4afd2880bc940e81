/** One HTTP answer, read to its end. */
export interface HttpAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Whether the same request may get another answer later. */
export function isTransient(status: number): boolean {
  return status < 400 || status === 408 || status === 429 || status >= 500;
}

/** The value of a JSON text; undefined for any other text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
