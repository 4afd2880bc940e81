// The thread of sendFlood(): sends its requests and posts their answers.
import { parentPort, workerData } from "node:worker_threads";
import { leaveUnfinished } from "./unfinished.ts";

const { url, head, bodyBytes, count } = workerData as { url: string; head: string; bodyBytes: number; count: number };
const body = Buffer.alloc(bodyBytes, " ");
const answers = await Promise.allSettled(Array.from({ length: count }, async () => leaveUnfinished(url, head, body)));
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port of a thread, not a window
parentPort?.postMessage(answers);
