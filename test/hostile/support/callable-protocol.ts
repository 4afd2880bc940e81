import assert from "node:assert/strict";
import { z } from "zod";
import { isTooLong, type Received, type Sent } from "./http.ts";

/** What a callable may answer to a client that has done something wrong. */
const statuses: Readonly<Record<string, readonly number[]>> = {
  INVALID_ARGUMENT: [400],
  FAILED_PRECONDITION: [400],
  UNAUTHENTICATED: [401],
  PERMISSION_DENIED: [403],
  NOT_FOUND: [404],
  RESOURCE_EXHAUSTED: [429],
};

const result = z.strictObject({ result: z.unknown() });
const failure = z.strictObject({
  error: z.strictObject({
    status: z.string(),
    message: z.string(),
    details: z
      .strictObject({ code: z.string(), issues: z.array(z.object({ path: z.string(), message: z.string() })) })
      .optional(),
  }),
});

/** https://firebase.google.com/docs/functions/callable-reference */
export function requireCallableProtocol(sent: Sent, answer: Received): void {
  if (answer.status === 431) return assert.ok(isTooLong(sent));
  if (sent.method === "OPTIONS" && answer.status === 204) return;
  if (sent.method === "HEAD") return assert.ok(answer.status === 400 || answer.status === 403);
  assert.match(answer.type, /^application\/json/, `${answer.status} ${answer.text.slice(0, 300)}`);
  const body: unknown = JSON.parse(answer.text);
  if (answer.status === 200) return void result.parse(body);
  const { error } = failure.parse(body);
  assert.ok(statuses[error.status]?.includes(answer.status), `${answer.status} ${error.status}`);
}
