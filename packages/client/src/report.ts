import type { CallReport, CallState, PhoneFailure, Receipt } from "../../../functions/src/wire.ts";
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

/** Tells the service what happens to a call on this phone. Never rejects. */
export class Reporter {
  readonly #clock: ClosableClock;
  readonly #options: ReporterOptions;

  constructor(clock: ClosableClock, options: ReporterOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** Sends a receipt, with retries. */
  async send(entry: Entry, event: Receipt, reason?: PhoneFailure): Promise<Answer> {
    const said = { event, ...(reason !== undefined && { reason }) };
    return this.#send(entry, said, (failures) => failures < maxTries);
  }

  /**
   * Sends what the user has done, and retries as long as a call rings: without it the caller goes on waiting, and so do
   * the other phones.
   */
  async insist(entry: Entry, event: Receipt): Promise<Answer> {
    let isTimeOver = false;
    const stopTimer = this.#clock.startTimer(entry.ringMs, () => {
      isTimeOver = true;
    });
    const answer = await this.#send(entry, { event }, (failures) => failures < maxTries || !isTimeOver);
    stopTimer();
    return answer;
  }

  /** Sends a receipt again to ask for the call's state. It is not retried: the next question is due soon. */
  async ask(entry: Entry): Promise<Answer> {
    return this.#send(entry, { event: entry.receipt }, (failures) => failures < 1);
  }

  async #send(
    { facts, pushFacts }: Entry,
    said: Pick<CallReport, "event" | "reason">,
    mayTry: (failures: number) => boolean,
  ): Promise<Answer> {
    if (facts.callId === undefined) return undefined;
    const { deviceId, reportCall } = this.#options;
    const known = pushFacts === undefined ? {} : { facts: pushFacts };
    const report: CallReport = { callId: facts.callId, deviceId, ...said, ...known };
    for (let failures = 0; mayTry(failures); failures += 1) {
      if (failures > 0) await this.#sleep(backOff(retryBackoff, failures, this.#clock.random()));
      if (this.#clock.isClosed) return undefined;
      try {
        return await within(this.#clock, tryMs, reportCall(report), () => new Error("The service did not answer"));
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

/** Firebase's SDKs give a callable's code with or without the product's name in front. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^(functions\/)?permission-denied$/.test(String(error.code));
}
