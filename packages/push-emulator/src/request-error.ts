/** A request to the emulator's own API that is wrong; the edge turns it into `{error:{code,message}}`. */
export class RequestError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Refuses the fields of a body that nobody would read: a misspelt one must not pass in silence. */
export function refuseUnknownFields(body: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  const unknown = Object.keys(body).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new RequestError(400, "unknown_field", `unknown field ${JSON.stringify(unknown)}; known: ${known.join(", ")}`);
}
