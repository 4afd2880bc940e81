import { Agent, request, type IncomingMessage } from "node:http";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { readInput, report } from "../children/child.ts";

/** What is posted: pushes to a registration token, or calls to an exten, each with a number of its own. */
export type Work =
  | { readonly path: "/send"; readonly token: string }
  | { readonly path: "/calls"; readonly exten: string };

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
const agent = new Agent({ keepAlive: true, maxSockets: concurrency });

const caller = { caller_id: "01012345678", caller_name: "홍길동", call_type: "voice" };

function buildBody(nth: number): string {
  if (work.path === "/calls") return JSON.stringify({ call_id: `bench.${nth}`, exten: work.exten, ...caller });
  return JSON.stringify({ fcm_token: work.token, title: "수신전화", body: "홍길동", ...caller });
}

async function post(nth: number): Promise<void> {
  const body = buildBody(nth);
  const headers = {
    authorization: `Bearer ${key}`,
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  };
  const sent = request(`${url}${work.path}`, { method: "POST", agent, headers }).end(body);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the event brings
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  const said = await text(answer);
  if (answer.statusCode !== 200) throw new Error(`POST ${work.path} answered ${answer.statusCode}: ${said}`);
}

let next = from;
async function postInTurn(): Promise<void> {
  while (next < from + count) await post(next++);
}

const startedAt = performance.now();
await Promise.all(Array.from({ length: concurrency }, postInTurn));
report({ seconds: (performance.now() - startedAt) / 1000 } satisfies PostedMany);
