import type { WebpushPart } from "../fcm/message.ts";

// Rounded down: a push may die a moment before the ringing, never after. Zero is FCM's "now or never".
export function wholeSeconds(ms: number): number {
  return Math.max(0, Math.floor(ms / 1000));
}

export function epochSeconds(ms: number): string {
  return String(Math.floor(ms / 1000));
}

export function formatTime(ms: number): string {
  return new Date(ms).toISOString();
}

// Without a TTL of its own a browser gets the push up to four weeks late.
export function buildWebpush(Urgency: "high" | "normal" | "low", ttlSeconds: number): WebpushPart {
  return { headers: { TTL: String(ttlSeconds), Urgency } };
}
