import type { Writable } from "node:stream";

/** Browsers and proxies drop a silent stream after half a minute. */
const KEEP_ALIVE_MS = 15_000;
/** A listener with a larger backlog, in bytes, is disconnected. */
const MAX_BACKLOG_BYTES = 16 * 1024 * 1024;

/** Headers of a server-sent event stream. */
export const EVENT_STREAM_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/event-stream; charset=UTF-8",
  "cache-control": "no-store",
};

/** The subject of listeners that hear all events. */
export const EVERYTHING = "everything";

/** The subject of listeners that hear the messages of one phone. */
export function namePhone(token: string): string {
  return `phone ${token}`;
}

/** The listeners, by the subject that they hear. */
export class LiveFeed {
  readonly #listeners = new Map<string, Set<Writable>>();

  /** Whether the subject has listeners. */
  isHeard(subject: string): boolean {
    return this.#listeners.has(subject);
  }

  /** Writes the subject's events to `out` until that closes. */
  listen(subject: string, out: Writable): void {
    const listeners = this.#listeners.get(subject) ?? new Set();
    this.#listeners.set(subject, listeners.add(out));
    const heartbeat = setInterval(() => out.write(": still here\n\n"), KEEP_ALIVE_MS).unref();
    out.on("error", () => out.destroy());
    out.once("close", () => {
      clearInterval(heartbeat);
      listeners.delete(out);
      if (listeners.size === 0) this.#listeners.delete(subject);
    });
    out.write(": listening\n\n");
  }

  /** Sends one event to the subject's listeners; `json` is JSON text. */
  tell(subject: string, event: string, json: string): void {
    // A line break would end a line of the event; between JSON's tokens it is only white space.
    const frame = `event: ${event}\ndata: ${json.replaceAll(/[\r\n]+/g, " ")}\n\n`;
    for (const out of this.#listeners.get(subject) ?? []) {
      out.write(frame);
      if (out.writableLength > MAX_BACKLOG_BYTES) out.destroy();
    }
  }
}
