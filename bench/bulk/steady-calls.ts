import { setTimeout as delay } from "node:timers/promises";
import { exten, key } from "../callee.ts";

const spacingMs = 50;

/**
 * Announces a call every 50 ms until `isOver`, without waiting for earlier answers. Returns for each call the time from when
 * it was due to its answer, in milliseconds. Rejects if a call did not reach the phone.
 */
export async function callSteadily(pbxUrl: string, isOver: (made: number) => boolean): Promise<readonly number[]> {
  const answered: Promise<number>[] = [];
  const startedAt = performance.now();
  for (let made = 0; !isOver(made); made += 1) {
    const dueAt = startedAt + made * spacingMs;
    await delay(Math.max(0, dueAt - performance.now()));
    answered.push(call(pbxUrl, dueAt));
  }
  return Promise.all(answered);
}

let calls = 0;

async function call(pbxUrl: string, dueAt: number): Promise<number> {
  await callOnce(pbxUrl);
  return performance.now() - dueAt;
}

/** Announces one call; rejects if it did not reach the phone. */
export async function callOnce(pbxUrl: string): Promise<void> {
  calls += 1;
  const response = await fetch(`${pbxUrl}/calls`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({
      call_id: `bench.${calls}`,
      ring_id: `bench.${calls}.1`,
      exten,
      caller_id: "01012345678",
      caller_name: "홍길동",
    }),
  });
  const answer = await response.text();
  if (response.status !== 200 || !answer.includes('"accepted":1')) {
    throw new Error(`POST /calls answered ${response.status}: ${answer}`);
  }
}
