import type { WebpushPart } from "../fcm/message.ts";

// Rounded down: a push may expire shortly before its ring ends, never after. To FCM zero means "now or never".
export function wholeSeconds(ms: number): number {
  return Math.max(0, Math.floor(ms / 1000));
}

export function epochSeconds(ms: number): string {
  return String(Math.floor(ms / 1000));
}

export function formatTime(ms: number): string {
  return new Date(ms).toISOString();
}

// Without its own TTL, a browser may get the push up to four weeks late.
export function buildWebpush(Urgency: "high" | "normal" | "low", ttlSeconds: number): WebpushPart {
  return { headers: { TTL: String(ttlSeconds), Urgency } };
}
