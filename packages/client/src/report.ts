import type { CallReport, CallState, Receipt } from "../../../functions/src/wire.ts";
import { backOff, type Backoff } from "./backoff.ts";
import type { ClosableClock } from "./closable-clock.ts";
import { within } from "./clock.ts";
import type { Entry } from "./entry.ts";

/** Number of tries of a receipt, and the timeout of each: together less than a call rings. The phone rings sooner. */
const maxTries = 3;
const tryMs = 4_000;

const retryBackoff: Backoff = { firstMs: 400, maxMs: 2_000 };

/** What the reporter needs of the app. */
export interface ReporterOptions {
  readonly deviceId: string;
  readonly reportCall: (report: CallReport) => Promise<CallState>;
}

/**
 * The service's answer to a receipt; `undefined` if it could not be reached. `refused` means that it knows no such call
 * of this user: for this phone the call is over.
 */
export type Answer = CallState | "refused" | undefined;

/** What the service is told of a call. */
export type Said = Pick<CallReport, "event" | "reason">;

/** Tells the service what happens to a call on this phone. Never rejects. */
export class Reporter {
  readonly #clock: ClosableClock;
  readonly #options: ReporterOptions;

  constructor(clock: ClosableClock, options: ReporterOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** Sends a receipt, with retries. */
  async send(entry: Entry, event: Receipt): Promise<Answer> {
    return this.#send(entry, { event }, (failures) => failures < maxTries);
  }

  /**
   * Says one thing after the other, and retries for `ms` milliseconds in all: while the service does not know what the
   * user has done, the caller goes on waiting, and so do the other phones. Resolves to the last answer.
   */
  async insist(entry: Entry, ms: number, ...said: readonly Said[]): Promise<Answer> {
    let isTimeOver = false;
    const stopTimer = this.#clock.startTimer(ms, () => {
      isTimeOver = true;
    });
    let answer: Answer;
    for (const one of said) {
      answer = await this.#send(entry, one, (failures) => !isVain(entry, one) && (failures < maxTries || !isTimeOver));
    }
    stopTimer();
    return answer;
  }

  /** Sends a receipt again to ask for the call's state. It is not retried: the next question is due soon. */
  async ask(entry: Entry): Promise<Answer> {
    return this.#send(entry, { event: entry.receipt }, (failures) => failures < 1);
  }

  async #send(entry: Entry, said: Said, mayTry: (failures: number) => boolean): Promise<Answer> {
    const { callId } = entry.facts;
    if (callId === undefined) return undefined;
    const known = entry.pushFacts === undefined ? {} : { facts: entry.pushFacts };
    const { deviceId, reportCall } = this.#options;
    const report: CallReport = { callId, deviceId, ...said, ...known };
    for (let failures = 0; mayTry(failures); failures += 1) {
      if (failures > 0) await this.#sleep(backOff(retryBackoff, failures, this.#clock.random()));
      if (this.#clock.isClosed || !mayTry(failures)) return undefined;
      try {
        const answer = reportCall(report);
        return await within(this.#clock, tryMs, answer, () => new Error("The service did not answer"));
      } catch (error) {
        if (isRefusal(error)) return "refused";
        // Retry; if all tries fail, the phone rings anyway.
      }
    }
    return undefined;
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#clock.isClosed) return;
    await new Promise<void>((resolve) => {
      this.#clock.startTimer(ms, resolve);
    });
  }
}

/**
 * An answer to a call that was over before the phone had its PBX would end it on the other phones, and no one is on the
 * line.
 */
function isVain({ end, isConnecting }: Entry, { event }: Said): boolean {
  return event === "answered" && end !== undefined && isConnecting;
}

/** Firebase's SDKs give a callable's code with or without the product's name in front. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^(functions\/)?permission-denied$/.test(String(error.code));
}
