import { nameFailure } from "../transport/outcome.ts";
import type { Services } from "../services.ts";
import type { PushDocument } from "./push.ts";

/** Logs the state of a push and the count of each error, never its recipients. */
export function logPush({ log }: Services, key: string, push: PushDocument): void {
  const { state, result } = push;
  const fields = { pushId: key, state, ...result, codes: countCodes(push) };
  if (push.failedAt === undefined) log.info("push_progress", fields);
  else log.warn("push_failed", fields);
}

/** Number of failures by error. */
export function countCodes({ outcomes }: Pick<PushDocument, "outcomes">): Readonly<Record<string, number>> {
  const failures = Object.values(outcomes).filter((outcome) => outcome.state !== "accepted");
  const byName = Map.groupBy(failures, nameFailure);
  return Object.fromEntries([...byName].map(([name, same]) => [name, same.length]));
}
