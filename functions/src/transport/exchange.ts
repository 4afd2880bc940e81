import type { Dispatcher } from "undici";
import type { HttpAnswer } from "./http-answer.ts";

/**
 * How one request ended: answered, timed out, lost with its connection, or failed with one of Node's codes, before or
 * after it was written to a connection. `unwanted`: it was stopped before it was written. `reason`: why the peer closed the
 * connection, if it said so. `isSecond`: it was sent again because the connection of the first was lost.
 */
export type ExchangeResult = (
  | { readonly status: "answered"; readonly answer: HttpAnswer }
  | { readonly status: "timeout" }
  | { readonly status: "unwanted" }
  | { readonly status: "lost"; readonly reason?: string }
  | { readonly status: "failed"; readonly code: string; readonly wasSent: boolean }
) & { readonly isSecond?: true };

/**
 * One request and its result, by undici's raw handler interface, which takes half the CPU time of `request()`.
 *
 * One timer covers everything, including the wait for a connection and for a free stream. undici's own timers start
 * when the request is written, so a queued request could be sent after the phone has stopped ringing.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly result: Promise<ExchangeResult>;
  readonly #resolve: (result: ExchangeResult) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #signal: AbortSignal | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #status = 0;
  #headers: HttpAnswer["headers"] = {};
  readonly #chunks: Buffer[] = [];

  constructor(timeoutMs: number, signal?: AbortSignal) {
    const { promise, resolve } = Promise.withResolvers<ExchangeResult>();
    this.result = promise;
    this.#resolve = resolve;
    this.#signal = signal;
    this.#timer = setTimeout(() => this.#giveUp(), timeoutMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // The connection may have taken long: it is not written if nobody waits for it, or wants it, any more.
    if (this.#signal?.aborted === true) this.#settle({ status: "unwanted" });
    if (this.#settled) controller.abort(new Error("Given up before it was sent"));
    else this.#controller = controller;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: HttpAnswer["headers"]): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const body = Buffer.concat(this.#chunks).toString();
    this.#settle({ status: "answered", answer: { status: this.#status, headers: this.#headers, body } });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#settle(describeFailure(error, this.#controller !== undefined));
  }

  #giveUp(): void {
    this.#settle({ status: "timeout" });
    this.#controller?.abort(new Error("Timed out"));
  }

  #settle(result: ExchangeResult): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#resolve(result);
  }
}

// Errors of the connection, not of a single request.
const lostCodes = new Set([
  "UND_ERR_SOCKET",
  "UND_ERR_INFO",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  // A GOAWAY with an error.
  "ERR_HTTP2_SESSION_ERROR",
]);

// Codes only: the text of an error may quote what was sent.
function describeFailure(error: Error, wasSent: boolean): ExchangeResult {
  const code = "code" in error && typeof error.code === "string" ? error.code : "network";
  return lostCodes.has(code) ? { status: "lost" } : { status: "failed", code, wasSent };
}
