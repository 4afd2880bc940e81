import type { FcmMessage } from "../fcm/message.ts";
import { buildApnsCollapseId } from "./apns-collapse-id.ts";
import { buildWebpush, epochSeconds } from "./parts.ts";
import { labelSource, nameSource, type SourcedPush } from "./push-source.ts";

/** The push that wakes the app and shows nothing. */
export function buildSilentPush({ source, data, now, ttlSeconds }: SourcedPush): FcmMessage {
  const id = nameSource(source);
  return {
    data: { ...data, type: "silent", ...("campaign" in source && { campaign: source.campaign }) },
    ...labelSource(source),
    android: { priority: "normal", ttl: `${ttlSeconds}s`, collapse_key: id },
    apns: {
      headers: {
        "apns-push-type": "background",
        "apns-priority": "5",
        "apns-expiration": epochSeconds(now + ttlSeconds * 1000),
        "apns-collapse-id": buildApnsCollapseId(id),
      },
      payload: { aps: { "content-available": 1, "thread-id": id } },
    },
    webpush: buildWebpush("low", ttlSeconds),
  };
}
