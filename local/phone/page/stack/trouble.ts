/** The parts of the stack that the page speaks to. */
export type StackPart = "page" | "functions" | "auth" | "fcm";

/** Something of the stack did not do what was asked; the page shows it, with what to do. */
export class Trouble extends Error {
  override readonly name = "Trouble";
  readonly part: StackPart;
  /** `refused` is an answer, with the part's own words in `message`; `silent` is none. */
  readonly kind: "refused" | "silent";
  /** The HTTP status of a refusal. */
  readonly status: number | undefined;
  /** A callable's code, spelt as Firebase's SDKs do: `permission-denied`. */
  readonly code: string | undefined;

  constructor(part: StackPart, message: string, status?: number, code?: string) {
    super(message);
    this.part = part;
    this.kind = status === undefined ? "silent" : "refused";
    this.status = status;
    this.code = code;
  }
}

/** What an error says, whatever was thrown. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
