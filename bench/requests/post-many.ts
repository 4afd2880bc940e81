import { Agent } from "node:http";
import { readInput, report } from "../children/child.ts";
import { post, type Work } from "./post.ts";

/** Input of the posting process. */
export interface PostManyInput {
  readonly url: string;
  readonly key: string;
  readonly work: Work;
  /** Number of the first request; each number is used once. */
  readonly from: number;
  readonly count: number;
  /** In-flight limit: the next request is posted when one is answered. */
  readonly concurrency: number;
}

/** How long it took, in seconds. */
export interface PostedMany {
  readonly seconds: number;
}

const { url, key, work, from, count, concurrency } = readInput<PostManyInput>();
const endpoint = { url, key, agent: new Agent({ keepAlive: true, maxSockets: concurrency }) };

let next = from;
async function postInTurn(): Promise<void> {
  while (next < from + count) {
    const { status, body } = await post(endpoint, work, next++);
    if (status !== 200) throw new Error(`POST ${work.path} answered ${status}: ${body}`);
  }
}

const startedAt = performance.now();
await Promise.all(Array.from({ length: concurrency }, postInTurn));
report({ seconds: (performance.now() - startedAt) / 1000 } satisfies PostedMany);
