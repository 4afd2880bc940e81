import { Agent } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { readInput, report } from "../children/child.ts";
import { post, type Work } from "../requests/post.ts";

/** What the process that posts is started with. */
export interface PostSteadilyInput {
  readonly url: string;
  readonly key: string;
  readonly work: Work;
  /** The number of the first; one is given once. */
  readonly from: number;
  readonly perSecond: number;
  readonly seconds: number;
}

/** How it went: for each status how often, and for each 200 how long after its time the answer came, in milliseconds. */
export interface PostedSteadily {
  readonly statuses: Readonly<Record<string, number>>;
  readonly latencies: readonly number[];
}

const { url, key, work, from, perSecond, seconds } = readInput<PostSteadilyInput>();
const door = { url, key, agent: new Agent({ keepAlive: true }) };
const statuses: Record<string, number> = {};
const latencies: number[] = [];

/** Measured from when it was due, so that a stall counts for everybody who would have called in it. */
async function postAt(nth: number, dueAt: number): Promise<void> {
  const status = await post(door, work, nth).then(
    (answer) => String(answer.status),
    (error: unknown) => (error instanceof Error && "code" in error ? String(error.code) : "failed"),
  );
  statuses[status] = (statuses[status] ?? 0) + 1;
  if (status === "200") latencies.push(performance.now() - dueAt);
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
report({ statuses, latencies } satisfies PostedSteadily);
