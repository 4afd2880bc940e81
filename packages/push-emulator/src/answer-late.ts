import { sleep } from "./clock.ts";
import type { EmulatorClock } from "./clock.ts";
import type { Answer, Exchange } from "./exchange.ts";
import type { CommonFault } from "./fault-fields.ts";

/** Answers a send as its fault says: after a GOAWAY with `goawayData`, late, or by a reset of the connection. */
export async function answerLate(
  clock: EmulatorClock,
  exchange: Exchange,
  fault: CommonFault,
  answer: Answer,
  goawayData?: string,
): Promise<void> {
  // The GOAWAY is sent at once, so that the client gets it while its own send is still unanswered.
  if (fault.goaway) exchange.sendAway(goawayData);
  if (fault.delay_ms > 0) await sleep(clock, fault.delay_ms);
  if (fault.drop) exchange.drop();
  else exchange.answer(answer);
}
