/** An invalid request to the emulator's own API; the router answers it as `{error:{code,message}}`. */
export class RequestError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Refuses unknown fields of a body, so that a misspelt field is reported. */
export function refuseUnknownFields(body: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  const unknown = Object.keys(body).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new RequestError(400, "unknown_field", `unknown field ${JSON.stringify(unknown)}; known: ${known.join(", ")}`);
}
