import type { FcmMessage } from "../fcm/message.ts";
import { buildApnsCollapseId } from "./apns-collapse-id.ts";
import { buildWebpush, epochSeconds } from "./parts.ts";
import { labelSource, nameSource, type SourcedPush } from "./push-source.ts";

/** A visible text of normal priority. */
export interface NoticePush extends SourcedPush {
  readonly title: string;
  readonly body: string;
}

/** The push that shows a text; sent again, it replaces the first on the screen. */
export function buildNoticePush({ source, title, body, data, now, ttlSeconds }: NoticePush): FcmMessage {
  const id = nameSource(source);
  return {
    notification: { title, body },
    data: { ...data, type: "notice", ...("campaign" in source && { campaign: source.campaign }) },
    ...labelSource(source),
    android: { priority: "normal", ttl: `${ttlSeconds}s`, collapse_key: id, notification: { tag: id } },
    apns: {
      headers: {
        "apns-push-type": "alert",
        "apns-priority": "10",
        "apns-expiration": epochSeconds(now + ttlSeconds * 1000),
        "apns-collapse-id": buildApnsCollapseId(id),
      },
      payload: { aps: { alert: { title, body }, "thread-id": id } },
    },
    webpush: buildWebpush("normal", ttlSeconds),
  };
}
