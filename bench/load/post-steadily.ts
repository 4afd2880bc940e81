import { Agent } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { readInput, report } from "../children/child.ts";
import { post, type Work } from "../requests/post.ts";

/** Input of the posting process. */
export interface PostSteadilyInput {
  readonly url: string;
  readonly key: string;
  readonly work: Work;
  /** Number of the first request; each number is used once. */
  readonly from: number;
  readonly perSecond: number;
  readonly seconds: number;
}

/** Result: the count of each status, and the latencies of the 200s from when each was due, in that order, in milliseconds. */
export interface PostedSteadily {
  readonly statuses: Readonly<Record<string, number>>;
  readonly latencies: readonly number[];
}

const { url, key, work, from, perSecond, seconds } = readInput<PostSteadilyInput>();
const endpoint = { url, key, agent: new Agent({ keepAlive: true }) };
const statuses: Record<string, number> = {};
const latencies = new Map<number, number>();

/** Latency counts from when the request was due, so that a stall counts for every call that was due in it. */
async function postAt(nth: number, dueAt: number): Promise<void> {
  const status = await post(endpoint, work, nth).then(
    (answer) => String(answer.status),
    (error: unknown) => (error instanceof Error && "code" in error ? String(error.code) : "failed"),
  );
  statuses[status] = (statuses[status] ?? 0) + 1;
  if (status === "200") latencies.set(nth, performance.now() - dueAt);
}

const startedAt = performance.now();
const posted: Promise<void>[] = [];
for (let nth = 0; nth < perSecond * seconds; nth += 1) {
  const dueAt = startedAt + (nth * 1000) / perSecond;
  const waitMs = dueAt - performance.now();
  if (waitMs > 1) await delay(waitMs);
  posted.push(postAt(from + nth, dueAt));
}
await Promise.all(posted);
const inOrder = [...latencies].toSorted(([one], [other]) => one - other).map(([, latency]) => latency);
report({ statuses, latencies: inOrder } satisfies PostedSteadily);
