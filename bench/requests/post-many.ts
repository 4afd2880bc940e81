import { Agent } from "node:http";
import { readInput, report } from "../children/child.ts";
import { post, type Work } from "./post.ts";

/** What the process that posts is started with. */
export interface PostManyInput {
  readonly url: string;
  readonly key: string;
  readonly work: Work;
  /** The number of the first; one is given once. */
  readonly from: number;
  readonly count: number;
  /** How many are under way at once: the next is posted when one is answered. */
  readonly concurrency: number;
}

/** How long it took, in seconds. */
export interface PostedMany {
  readonly seconds: number;
}

const { url, key, work, from, count, concurrency } = readInput<PostManyInput>();
const door = { url, key, agent: new Agent({ keepAlive: true, maxSockets: concurrency }) };

let next = from;
async function postInTurn(): Promise<void> {
  while (next < from + count) {
    const { status, said } = await post(door, work, next++);
    if (status !== 200) throw new Error(`POST ${work.path} answered ${status}: ${said}`);
  }
}

const startedAt = performance.now();
await Promise.all(Array.from({ length: concurrency }, postInTurn));
report({ seconds: (performance.now() - startedAt) / 1000 } satisfies PostedMany);
