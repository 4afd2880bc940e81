import { InvalidRequest } from "../errors.ts";

/** The largest body taken, in bytes, where a route does not say otherwise. */
const usualBytes = 32 * 1024;

/** Room for the 500 registration tokens that some routes take: FCM's have some 160 characters. */
export const bytesForTokens = 128 * 1024;

const jsonType = "application/json";
const formType = "application/x-www-form-urlencoded";

/** What the client says of its body. */
export interface BodyHeaders {
  readonly type: string | undefined;
  readonly encoding: string | undefined;
}

/** How the body of a route is read. */
export interface BodyRules {
  readonly maxBodyBytes?: number;
  readonly readsAnyText?: boolean;
}

/** Reads a request's body, from JSON or from a form; none at all has no fields. Throws {@link InvalidRequest} when it is neither. */
export function parseBody(
  { type, encoding }: BodyHeaders,
  raw: Buffer | undefined,
  { maxBodyBytes = usualBytes, readsAnyText = false }: BodyRules = {},
): unknown {
  if (raw === undefined || raw.length === 0) return {};
  if (raw.length > maxBodyBytes) {
    throw new InvalidRequest("body_too_large", `The body has ${raw.length} bytes; at most ${maxBodyBytes} are taken`);
  }
  refuseCompressed(encoding, raw);
  const text = readsAnyText ? decodeAny(raw) : decode(raw);
  switch ((type ?? "").split(";", 1)[0]?.trim().toLowerCase()) {
    case jsonType:
      return parseJson(text);
    case formType:
      return parseForm(text);
    default:
      throw new InvalidRequest("unsupported_media_type", `Content-Type must be ${jsonType}, or ${formType} for a form`);
  }
}

/** Compressed bytes are neither UTF-8 nor JSON, and an answer about those would send the caller the wrong way. */
function refuseCompressed(encoding: string | undefined, raw: Buffer): void {
  const isGzip = raw[0] === 0x1f && raw[1] === 0x8b;
  if (!isGzip && ["", "identity", undefined].includes(encoding?.trim().toLowerCase())) return;
  throw new InvalidRequest("invalid_encoding", `The body is compressed (${encoding || "gzip"}): send it as it is`);
}

function decode(raw: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(raw);
  } catch (cause) {
    throw new InvalidRequest("invalid_encoding", "The body must be UTF-8", [], { cause });
  }
}

/** UTF-8, or the CP949 of Korean trunks (which browsers, and so Node, call EUC-KR), or UTF-8 without what is none. */
function decodeAny(raw: Buffer): string {
  for (const encoding of ["utf-8", "euc-kr"]) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(raw);
    } catch {
      // The next one may fit.
    }
  }
  return new TextDecoder("utf-8").decode(raw).replaceAll("\uFFFD", "");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The parser's own message quotes the body.
    const isForm = /^[\w.]+=/.test(text);
    throw new InvalidRequest(
      "invalid_json",
      isForm ? `The body is a form: send it with Content-Type: ${formType}` : "The body must be JSON",
    );
  }
}

/** A field given once is a string, more often an array; an empty one was not given: a dialplan has no way to leave it out. */
function parseForm(text: string): Record<string, string | string[]> {
  // What `curl -d` makes of JSON when it is not told the type. None of our fields begins so.
  if (/^\s*[{[]/.test(text)) {
    throw new InvalidRequest("unsupported_media_type", `The body is JSON: send it with Content-Type: ${jsonType}`);
  }
  requireUtf8Escapes(text);
  const fields = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (value !== "") fields.set(name, [...(fields.get(name) ?? []), restorePlus(value)]);
  }
  return Object.fromEntries([...fields].map(([name, values]) => [name, values.length === 1 ? values[0]! : values]));
}

/** In a form an unescaped `+` is a space, and no number begins with one: `caller_id=+8210…` is what dialplans send. */
function restorePlus(value: string): string {
  return /^ \d+$/.test(value) ? `+${value.slice(1)}` : value;
}

/** URLSearchParams would turn bytes that are not UTF-8 into replacement characters without a word. */
function requireUtf8Escapes(text: string): void {
  try {
    decodeURIComponent(text);
  } catch (cause) {
    throw new InvalidRequest("invalid_encoding", "The form must be percent-encoded UTF-8", [], { cause });
  }
}
