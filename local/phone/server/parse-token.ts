import { RequestError } from "./request-error.ts";

/** Parses the token of a new install; throws 400 without one. */
export function parseToken(body: unknown): string {
  const { token }: Record<string, unknown> = { ...Object(body) };
  if (typeof token === "string" && token !== "") return token;
  throw new RequestError(400, "invalid_request", "token must be a text");
}
