import { TryAgain } from "../errors.ts";
import type { Services } from "../services.ts";
import { callRef, readCall, type WakeAnswer } from "./call.ts";
import type { Wake } from "./record-call.ts";

/** A little more than a call push and its retry may take. */
const patienceMs = 12_000;

/** The answer that another request for the same call and exten gets, as soon as it has it. */
export async function awaitSettled({ db, clock }: Services, wake: Wake): Promise<WakeAnswer> {
  const settled = Promise.withResolvers<WakeAnswer>();
  const unsubscribe = callRef(db, wake).onSnapshot(
    (snapshot) => {
      const record = snapshot.exists ? readCall(snapshot).extens[wake.exten] : undefined;
      if (record?.status === undefined) return;
      settled.resolve({ status: record.status, devices: record.devices ?? 0, accepted: record.accepted ?? 0 });
    },
    (error) => settled.reject(error),
  );
  const givenUp = new AbortController();
  try {
    return await Promise.race([settled.promise, giveUp(clock.sleep(patienceMs, givenUp.signal))]);
  } finally {
    unsubscribe();
    givenUp.abort();
  }
}

async function giveUp(timer: Promise<void>): Promise<never> {
  await timer;
  throw new TryAgain("Another request is still waking this exten");
}
