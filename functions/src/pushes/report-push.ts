import type { Services } from "../services.ts";
import type { PushDocument } from "./push.ts";

/** Logs the state of a push and the count of each error, never its recipients. */
export function reportPush({ log }: Services, id: string, push: PushDocument): void {
  const { state, result } = push;
  const fields = { pushId: id, state, ...result, codes: countCodes(push) };
  if (push.failedAt === undefined) log.info("push_progress", fields);
  else log.warn("push_failed", fields);
}

/** How often each error came. */
export function countCodes({ outcomes }: Pick<PushDocument, "outcomes">): Readonly<Record<string, number>> {
  const codes: Record<string, number> = {};
  for (const outcome of Object.values(outcomes)) {
    if (outcome.state !== "accepted") codes[outcome.code] = (codes[outcome.code] ?? 0) + 1;
  }
  return codes;
}
