/** The parts of the stack that the page speaks to. */
export type StackPart = "page" | "functions" | "auth" | "push";

/** A failed request to a part of the stack; the page shows it, and what to do. */
export class StackError extends Error {
  override readonly name = "StackError";
  readonly part: StackPart;
  /** `refused`: an error answer, with its message. `silent`: no answer. */
  readonly kind: "refused" | "silent";
  /** The HTTP status of an error answer. */
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

/** The message of a thrown value. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
