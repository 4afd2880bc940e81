import type { CallReport, CallState } from "../../../functions/src/wire.ts";
import { backOff, type Backoff } from "./backoff.ts";
import { within, type Clock } from "./clock.ts";

/** Number of tries of a receipt, and the timeout of each: together less than a call rings. */
const attempts = 3;
const attemptMs = 4_000;

const retryBackoff: Backoff = { firstMs: 400, maxMs: 1_600 };

/**
 * Sends a receipt with retries; `undefined` if the service could not be reached. `refused` means that the service knows
 * no such call of this user: for this phone the call is over.
 */
export async function sendReport(
  { clock, reportCall }: { readonly clock: Clock; readonly reportCall: (report: CallReport) => Promise<CallState> },
  report: CallReport,
): Promise<CallState | "refused" | undefined> {
  for (let failures = 0; failures < attempts; failures += 1) {
    if (failures > 0) await sleep(clock, backOff(retryBackoff, failures, clock.random()));
    try {
      return await within(clock, attemptMs, reportCall(report), () => new Error("The service did not answer"));
    } catch (error) {
      if (isRefusal(error)) return "refused";
      // Retry; if all tries fail, the phone rings anyway.
    }
  }
  return undefined;
}

/** Firebase's SDKs give a callable's code with or without the product's name in front. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^(functions\/)?permission-denied$/.test(String(error.code));
}

async function sleep(clock: Clock, ms: number): Promise<void> {
  await new Promise<void>((resolve) => {
    clock.startTimer(ms, resolve);
  });
}
