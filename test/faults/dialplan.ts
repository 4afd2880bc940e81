import { setTimeout as delay } from "node:timers/promises";
import { demoKey } from "../support/functions.ts";

/** The PBX's data of its call. */
export interface PbxCall {
  readonly callId: string;
  /** The PBX's id of the call's only ring; absent if it does not name its rings. */
  readonly ringId?: string;
  readonly exten: string;
  readonly callerId: string;
  readonly callerName: string;
  readonly ringSeconds: number;
}

/** `budget_seconds` of the dialplan: one request with its retries. */
const budgetMs = 10_000;
const pauseMs = 1000;
/** With less time left, the budget is spent. */
const leastMs = 100;
const noAnswer = "no answer";

const final = /^(?:NOTIFIED|WAKING|READY|ANSWERED|DECLINED|FAILED|ENDED|TIMEOUT|NAK)(?: [a-z0-9_]+)?$/;
const retryable = /^ERROR (?:internal|misconfigured|try_again)$/;

/**
 * A PBX that posts its webhooks as the dialplan does: it tries each base URL until one answers, and all of them again
 * after a second, for ten seconds.
 */
export class Dialplan {
  /** The answers it got, oldest first; `no answer` for a request without one. */
  readonly answers: string[] = [];
  /** Duration of the slowest request, in milliseconds. */
  slowestMs = 0;
  /** When the call was announced, and when its end was accepted, in milliseconds since the epoch. */
  wokenAt = Number.POSITIVE_INFINITY;
  endedAt = Number.POSITIVE_INFINITY;
  readonly #urls: string[];
  readonly #call: PbxCall;

  constructor(urls: readonly string[], call: PbxCall) {
    this.#urls = [...urls];
    this.#call = call;
  }

  /** Adds a base URL. */
  addUrl(url: string): void {
    this.#urls.push(url);
  }

  /** Announces the call; resolves to the answer that the dialplan acts on, or the last one. */
  async wake(more: Readonly<Record<string, string>> = {}): Promise<string> {
    const { callId, ringId, exten, callerId, callerName, ringSeconds } = this.#call;
    this.wokenAt = Math.min(this.wokenAt, Date.now());
    return this.#ask("/calls", {
      call_id: callId,
      ...(ringId !== undefined && { ring_id: ringId }),
      exten,
      caller_id: callerId,
      caller_name: callerName,
      ring_seconds: String(ringSeconds),
      ...more,
    });
  }

  /** Ends the call; by default the caller hung up. */
  async end(dialstatus = "CANCEL"): Promise<string> {
    const { callId, ringId } = this.#call;
    const named = ringId === undefined ? {} : { ring_id: ringId };
    const line = await this.#ask(`/calls/${callId}/end`, { ...named, dialstatus });
    if (line.startsWith("ENDED")) this.endedAt = Math.min(this.endedAt, Date.now());
    return line;
  }

  async #ask(path: string, form: Readonly<Record<string, string>>): Promise<string> {
    const by = Date.now() + budgetMs;
    let line = "";
    for (;;) {
      for (const [nth, url] of this.#urls.entries()) {
        const leftMs = by - Date.now();
        if (leftMs < leastMs) return line;
        const answer = await this.#post(url + path, form, nth + 1 < this.#urls.length ? leftMs / 2 : leftMs);
        // The budget cut this try short: that says nothing about the service.
        if (answer === noAnswer && line !== "" && by - Date.now() < leastMs) return line;
        line = answer;
        this.answers.push(line);
        if (final.test(line) || (line.startsWith("ERROR") && !retryable.test(line))) return line;
      }
      if (by - Date.now() < pauseMs * 1.5) return line;
      await delay(pauseMs);
    }
  }

  async #post(url: string, form: Readonly<Record<string, string>>, limitMs: number): Promise<string> {
    const startedAt = Date.now();
    try {
      const response = await fetch(`${url}?format=text`, {
        method: "POST",
        headers: { authorization: `Bearer ${demoKey}` },
        body: new URLSearchParams(form),
        signal: AbortSignal.timeout(limitMs),
      });
      return (await response.text()).trim();
    } catch {
      return noAnswer;
    } finally {
      this.slowestMs = Math.max(this.slowestMs, Date.now() - startedAt);
    }
  }
}
