import { StackError, type StackPart } from "./stack-error.ts";

/** A request to a part of the stack. */
export interface StackRequest {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH";
  readonly bearer?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
}

/** A cold start of the Functions emulator takes a few seconds on a busy machine. */
const timeoutMs = 20_000;

/** Sends a request to a part of the stack; returns the answer's JSON, `undefined` without any. Throws {@link StackError}. */
export async function request(part: StackPart, url: string, asked: StackRequest = {}): Promise<unknown> {
  const { method = "GET", bearer, body } = asked;
  const headers = new Headers();
  if (bearer !== undefined) headers.set("authorization", `Bearer ${bearer}`);
  if (body !== undefined) headers.set("content-type", "application/json");
  const { status, ok, text } = await exchange(part, url, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer = parseJson(text);
  if (!ok) throw new StackError(part, findMessage(answer) ?? `HTTP ${status}`, status, findCode(answer));
  return answer;
}

async function exchange(part: StackPart, url: string, init: RequestInit) {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs) });
    return { status: response.status, ok: response.ok, text: await response.text() };
  } catch (error) {
    throw new StackError(part, error instanceof Error ? error.message : String(error));
  }
}

function parseJson(text: string): unknown {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** All parts of the stack answer errors as `{error: {message}}`. */
function findMessage(answer: unknown): string | undefined {
  const message = readField(readField(answer, "error"), "message");
  return typeof message === "string" ? message : undefined;
}

/** Callables answer `{error: {status: "PERMISSION_DENIED"}}`. */
function findCode(answer: unknown): string | undefined {
  const status = readField(readField(answer, "error"), "status");
  return typeof status === "string" ? status.toLowerCase().replaceAll("_", "-") : undefined;
}

/** A field of an object; `undefined` if there is none. */
export function readField(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? new Map(Object.entries(value)).get(name) : undefined;
}

/** A string in a part's answer; throws {@link StackError} if it is missing. */
export function readText(part: StackPart, answer: unknown, name: string): string {
  const value = readField(answer, name);
  if (typeof value === "string") return value;
  throw new StackError(part, `The answer has no ${name}`, 200);
}
