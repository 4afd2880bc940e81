import { Timestamp } from "firebase-admin/firestore";
import type { Services } from "../services.ts";
import { pushesRef, readPush, type PushState } from "./push.ts";
import { countCodes } from "./log-push.ts";

/** A push that ended with failed recipients. */
export interface FailedPush {
  /** Its key, such as `pbx-1~reminder-1`. */
  readonly id: string;
  readonly state: PushState;
  /** Milliseconds since the epoch. */
  readonly failedAt: number;
  readonly accepted: number;
  readonly failed: number;
  /** Number of failures by error. */
  readonly codes: Readonly<Record<string, number>>;
}

/** The pushes that ended with failed recipients since a time (milliseconds since the epoch), oldest first. */
export async function findFailedPushes({ db }: Services, since: number): Promise<readonly FailedPush[]> {
  const failed = pushesRef(db).where("failedAt", ">=", Timestamp.fromMillis(since)).orderBy("failedAt");
  // Without the target, which contains registrations.
  const found = await failed.select("state", "failedAt", "result", "outcomes", "deviceIds").get();
  return found.docs.map((snapshot) => {
    const push = readPush(snapshot);
    const codes = push.deviceIds?.length === 0 ? { no_devices: 1 } : countCodes(push);
    const { accepted = 0, failed: missed = 0 } = push.result ?? {};
    return {
      id: snapshot.id,
      state: push.state,
      failedAt: push.failedAt?.toMillis() ?? since,
      accepted,
      failed: missed,
      codes,
    };
  });
}
