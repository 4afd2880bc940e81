import type { CallReport, CallState } from "../../../functions/src/wire.ts";
import { backOff, type Backoff } from "./backoff.ts";
import { within, type Clock } from "./clock.ts";

/** How often a receipt is tried, and for how long each time: together less than a call rings. */
const attempts = 3;
const attemptMs = 4_000;

const retryBackoff: Backoff = { firstMs: 400, maxMs: 1_600 };

/**
 * Sends a receipt, more than once if need be; `undefined` when the service could not be asked. It is `refused` when the
 * service knows no such call of this user: for this phone the call is over.
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
      // The next attempt may get through; a phone rings all the same when none does.
    }
  }
  return undefined;
}

/** Firebase's SDKs carry a callable's code with or without the product's name in front. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^(functions\/)?permission-denied$/.test(String(error.code));
}

async function sleep(clock: Clock, ms: number): Promise<void> {
  await new Promise<void>((resolve) => {
    clock.startTimer(ms, resolve);
  });
}
