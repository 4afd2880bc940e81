import type { FcmMessage, Target } from "./message.ts";

/** Writes the body of one send; `secondsLeft` is how long the message may still live (Infinity when that is open). */
export type EncodeMessage = (message: FcmMessage, target: Target, secondsLeft: number) => string;

const fieldOf = { token: "token", fid: "fid", fcmTopic: "topic" } as const;

/** An encoder that writes the part which a message has in common for all its targets only once. */
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

function readTtl({ android }: FcmMessage): number {
  return android?.ttl === undefined ? Number.POSITIVE_INFINITY : Number.parseFloat(android.ttl);
}

// FCM counts the TTL from when it takes the message. A retry comes seconds after the message was built, so the TTL it
// was built with would let the push outlive what it is about.
function cutTtl(message: FcmMessage, ttl: number): FcmMessage {
  if (message.android === undefined || readTtl(message) <= ttl) return message;
  return {
    ...message,
    android: { ...message.android, ttl: `${ttl}s` },
    ...(message.webpush && {
      webpush: {
        headers: { ...message.webpush.headers, TTL: String(Math.min(ttl, Number(message.webpush.headers.TTL))) },
      },
    }),
  };
}
