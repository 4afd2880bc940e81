import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import iconv from "iconv-lite";
import { InvalidRequest } from "../errors.ts";
import { openBody } from "../front-door/body.ts";
import type { Place } from "../places.ts";

/** Default limit of a body, in bytes. */
const defaultMaxBytes = 32 * 1024;

/** Room for the 500 registration tokens that some routes take: each has about 160 characters. */
export const bytesForTokens = 128 * 1024;

/** The first bytes of a UTF-8 character before the end of a JSON string. */
const cutCharacter = /(?:[\xC2-\xDF]|[\xE0-\xEF][\x80-\xBF]?|[\xF0-\xF4][\x80-\xBF]{0,2})(?=")/g;

const jsonType = "application/json";
const formType = "application/x-www-form-urlencoded";

/** A route's rules for its body. */
export interface BodyRules {
  readonly maxBodyBytes?: number;
  readonly readsAnyText?: boolean;
}

/**
 * Reads the body of a request as JSON or as a form; no body has no fields. Throws {@link InvalidRequest} if it is neither,
 * and before it reads a byte if the headers say so.
 */
export async function takeBody(
  request: IncomingMessage,
  { maxBodyBytes = defaultMaxBytes, readsAnyText = false }: BodyRules,
  takePlace: () => Place | undefined,
): Promise<unknown> {
  const body = openBody(request, maxBodyBytes);
  if (body === undefined) return {};
  if (!["", "identity", undefined].includes(body.encoding?.trim().toLowerCase())) throw compressed(body.encoding);
  const parse = chooseParser(body.type);
  const raw = await body.read(takePlace);
  if (raw.length === 0) return {};
  if (raw[0] === 0x1f && raw[1] === 0x8b) throw compressed("gzip");
  return parse(readsAnyText ? decodeAny(raw) : decode(raw));
}

/** Compressed bytes are neither UTF-8 nor JSON; an error about those would mislead the caller. */
function compressed(encoding = "gzip"): InvalidRequest {
  return new InvalidRequest("invalid_encoding", `The body is compressed (${encoding}): send it uncompressed`);
}

function chooseParser(type = ""): (text: string) => unknown {
  switch (type.split(";", 1)[0]?.trim().toLowerCase()) {
    case jsonType:
      return parseJson;
    case formType:
      return parseForm;
    default:
      throw new InvalidRequest("unsupported_media_type", `Content-Type must be ${jsonType}, or ${formType} for a form`);
  }
}

function decode(raw: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(raw);
  } catch (cause) {
    throw new InvalidRequest("invalid_encoding", "The body must be UTF-8", [], { cause });
  }
}

/**
 * Decodes UTF-8, also where Asterisk has cut off a string within a character; else CP949 of Korean trunks; else UTF-8
 * without its invalid bytes.
 */
function decodeAny(raw: Buffer): string {
  const whole = Buffer.from(raw.toString("latin1").replaceAll(cutCharacter, ""), "latin1");
  if (isUtf8(whole)) return whole.toString("utf8");
  const cp949 = iconv.decode(raw, "cp949");
  return (cp949.includes("\uFFFD") ? raw.toString("utf8") : cp949).replaceAll("\uFFFD", "");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The parser's own message would quote the body.
    const isForm = /^[\w.]+=/.test(text);
    throw new InvalidRequest(
      "invalid_json",
      isForm ? `The body is a form: send it with Content-Type: ${formType}` : "The body must be JSON",
    );
  }
}

/**
 * A field given once is a string, a repeated one an array. An empty field counts as missing: a dialplan cannot leave it
 * out.
 */
function parseForm(text: string): Record<string, string | string[]> {
  // JSON from `curl -d` without a Content-Type. None of our fields begins like this.
  if (/^\s*[{[]/.test(text)) {
    throw new InvalidRequest("unsupported_media_type", `The body is JSON: send it with Content-Type: ${jsonType}`);
  }
  requireUtf8Escapes(text);
  const fields = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(escapePlus(text))) {
    if (value !== "") fields.set(name, [...(fields.get(name) ?? []), value]);
  }
  return Object.fromEntries([...fields].map(([name, values]) => [name, values.length === 1 ? values[0]! : values]));
}

/** In a form an unescaped `+` is a space, but dialplans send `caller_id=+8210…`. A space before digits is `%20`. */
function escapePlus(form: string): string {
  return form.replaceAll(/=\+(?=\d+(?:&|$))/g, "=%2B");
}

/** URLSearchParams would silently replace bytes that are not UTF-8. */
function requireUtf8Escapes(text: string): void {
  try {
    decodeURIComponent(text);
  } catch (cause) {
    throw new InvalidRequest("invalid_encoding", "The form must be percent-encoded UTF-8", [], { cause });
  }
}
