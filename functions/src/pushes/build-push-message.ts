import type { FcmMessage, Target } from "../fcm/message.ts";
import { buildNoticePush } from "../messages/notice-push.ts";
import { buildSilentPush } from "../messages/silent-push.ts";
import type { PushContent, PushTarget } from "./push.ts";

/** A push to send now; times are milliseconds since the epoch. */
export interface DuePush {
  readonly key: string;
  readonly content: PushContent;
  readonly now: number;
  readonly expiresAt: number;
}

/** The message of a push, the same for every recipient; it expires with the push. */
export function buildPushMessage({ key, content, now, expiresAt }: DuePush): FcmMessage {
  const { silent, title, body, data } = content;
  const ttlSeconds = Math.max(0, Math.floor((expiresAt - now) / 1000));
  const push = { source: { pushId: key }, data, now, ttlSeconds };
  return silent ? buildSilentPush(push) : buildNoticePush({ ...push, title, body });
}

/** The kind of target of a push: FCM has a lower size limit for an FCM topic. */
export function kindOf(target: PushTarget): Target["kind"] {
  return "fcmTopic" in target ? "fcmTopic" : "token";
}
