import type { FcmMessage, Target } from "./message.ts";

/** Encodes the body of one send; `secondsLeft` is the remaining lifetime of the message (Infinity if it has no end). */
export type EncodeMessage = (message: FcmMessage, target: Target, secondsLeft: number) => string;

const fieldOf = { token: "token", fid: "fid", fcmTopic: "topic" } as const;

/** An encoder that serializes the part of a message that all its targets share only once. */
export function createEncoder({ validateOnly = false }: { readonly validateOnly?: boolean } = {}): EncodeMessage {
  const opening = validateOnly ? '{"validate_only":true,"message":' : '{"message":';
  const written = new WeakMap<FcmMessage, { readonly ttl: number; readonly json: string }>();
  return (message, target, secondsLeft) => {
    const ttl = Math.min(readTtl(message), Math.max(0, Math.floor(secondsLeft)));
    let common = written.get(message);
    if (common?.ttl !== ttl) {
      common = { ttl, json: JSON.stringify(cutTtl(message, ttl)) };
      written.set(message, common);
    }
    const address = `${opening}{"${fieldOf[target.kind]}":${JSON.stringify(target.value)}`;
    return common.json === "{}" ? `${address}}}` : `${address},${common.json.slice(1)}}`;
  };
}

function readTtl({ android, android_v2 }: FcmMessage): number {
  const ttl = android?.ttl ?? android_v2?.ttl;
  return ttl === undefined ? Number.POSITIVE_INFINITY : Number.parseFloat(ttl);
}

// FCM counts the TTL from when it accepts the message. A retry comes seconds after the message was built, so with the
// original TTL the push would outlive its purpose.
function cutTtl(message: FcmMessage, ttl: number): FcmMessage {
  const { android, android_v2 } = message;
  if ((android === undefined && android_v2 === undefined) || readTtl(message) <= ttl) return message;
  return {
    ...message,
    ...(android && { android: { ...android, ttl: `${ttl}s` as const } }),
    ...(android_v2 && { android_v2: { ...android_v2, ttl: `${ttl}s` as const } }),
    ...(message.webpush && {
      webpush: {
        headers: { ...message.webpush.headers, TTL: String(Math.min(ttl, Number(message.webpush.headers.TTL))) },
      },
    }),
  };
}
