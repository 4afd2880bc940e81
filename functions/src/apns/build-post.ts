import { randomUUID } from "node:crypto";
import type { Budget } from "../transport/budget.ts";
import type { Post } from "../transport/connection.ts";
import type { ApnsMessage, ApnsTarget } from "./message.ts";

/** A request without its token. Every try has the same id. */
export function buildPost(
  { token, topic }: ApnsTarget,
  { collapseId }: ApnsMessage,
  { expiresAt = 0 }: Budget,
  body: string,
): Post {
  const headers = {
    "apns-topic": topic,
    "apns-push-type": "voip",
    "apns-priority": "10",
    // Without an end: now or never.
    "apns-expiration": String(Math.floor(expiresAt / 1000)),
    "apns-id": randomUUID(),
    ...(collapseId !== undefined && { "apns-collapse-id": collapseId }),
  };
  return { path: `/3/device/${encodeURIComponent(token)}`, headers, body };
}

/** The request with a provider token, and with the name of its host if the connection's is another one. */
export function authorize(post: Post, token: string, host?: string): Post {
  const named = host === undefined ? {} : { host };
  return { ...post, headers: { authorization: `bearer ${token}`, ...named, ...post.headers } };
}
