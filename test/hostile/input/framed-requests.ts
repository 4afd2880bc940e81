import * as fc from "fast-check";
import { demoKey } from "../../support/functions.ts";
import { buildHead } from "../support/unfinished.ts";

const kib = 1024;

/** The routes of the requests, and the limits of their bodies. */
const limits: Readonly<Record<string, number>> = {
  "/calls": 32 * kib,
  "/calls/1.1/end": 32 * kib,
  "/events": 32 * kib,
  "/send-batch": 128 * kib,
  "/pushes": 128 * kib,
};

/** How the head describes the body that follows. */
const framings = [
  "exact",
  // A length that is one byte, or 31 MiB, more than what follows.
  "missing",
  "huge",
  // Bytes after the end of the body.
  "short",
  "chunked",
  // Chunks without the last one.
  "endless",
] as const;

const shapes = fc.record({
  path: fc.oneof(
    { arbitrary: fc.constantFrom(...Object.keys(limits)), weight: 9 },
    { arbitrary: fc.constantFrom("/nowhere", "/calls/", "/%"), weight: 1 },
  ),
  method: fc.oneof(
    { arbitrary: fc.constant("POST"), weight: 9 },
    { arbitrary: fc.constantFrom("PATCH", "PROPFIND"), weight: 1 },
  ),
  key: fc.constantFrom("good", "good", "wrong", "none"),
  type: fc.constantFrom("application/json", "application/x-www-form-urlencoded", "text/plain", ""),
  framing: fc.constantFrom(...framings),
  bytes: fc.constantFrom(0, 1, 100, 32 * kib, 32 * kib + 1, 128 * kib + 1, 1024 * kib),
  expectsContinue: fc.boolean(),
});

/** A request whose head and body may not fit together. */
export interface FramedRequest {
  readonly head: string;
  readonly body: readonly (string | Buffer)[];
  /** The statuses of a right answer. */
  readonly statuses: readonly number[];
  /** Whether Node itself may answer 400, without a body: what follows the body is no request. */
  readonly hasJunk: boolean;
}

/** Requests with lying lengths, and with bodies that stop, never end or are too long. */
export const framedRequests: fc.Arbitrary<FramedRequest> = shapes.map((shape) => {
  const request = {
    head: buildHead(`${shape.method} ${shape.path}`, headersOf(shape)),
    body: writeBody(shape),
    statuses: expectStatuses(shape),
    hasJunk: shape.framing === "short" && shape.bytes > 0,
  };
  return Object.defineProperty(request, fc.toStringMethod, { value: () => JSON.stringify(shape) });
});

type Shape = typeof shapes extends fc.Arbitrary<infer T> ? T : never;

function isChunked({ framing }: Shape): boolean {
  return framing === "chunked" || framing === "endless";
}

function declaredLength({ framing, bytes }: Shape): number {
  const more = { missing: 1, huge: 31 * kib * kib, short: -Math.min(bytes, 10) };
  return bytes + (framing in more ? more[framing as keyof typeof more] : 0);
}

function headersOf(shape: Shape): Record<string, string | number> {
  const keys: Readonly<Record<string, string>> = { good: demoKey, wrong: "no-key-of-ours" };
  const bearer = keys[shape.key];
  return {
    Connection: "close",
    ...(bearer !== undefined && { Authorization: `Bearer ${bearer}` }),
    ...(shape.type !== "" && { "Content-Type": shape.type }),
    ...(isChunked(shape) ? { "Transfer-Encoding": "chunked" } : { "Content-Length": declaredLength(shape) }),
    ...(shape.expectsContinue && { Expect: "100-continue" }),
  };
}

function writeBody(shape: Shape): readonly (string | Buffer)[] {
  const bytes = Buffer.alloc(shape.bytes, " ");
  if (!isChunked(shape)) return [bytes];
  const last = shape.framing === "chunked" ? ["0\r\n\r\n"] : [];
  return shape.bytes === 0 ? last : [`${shape.bytes.toString(16)}\r\n`, bytes, "\r\n", ...last];
}

/** In the order of the checks: path, method, key, length, type; then what arrives. */
function expectStatuses(shape: Shape): readonly number[] {
  const limit = limits[shape.path];
  if (limit === undefined) return [404];
  if (shape.method !== "POST") return [405];
  if (shape.key !== "good") return [401];
  const length = isChunked(shape) ? undefined : declaredLength(shape);
  if (length !== undefined && length > limit) return [413];
  if (length !== 0 && ["text/plain", ""].includes(shape.type)) return [415];
  if (length === undefined && shape.bytes > limit) return [413];
  if (["missing", "endless"].includes(shape.framing)) return [408];
  // Blanks are no JSON; as a form they have no fields, which ends an unknown call.
  return [400, 404];
}
