import { once } from "node:events";
import { request, type Agent, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";

/** What to post: pushes to a registration token, or calls to an exten, each with its own number. */
export type Work =
  | { readonly path: "/send"; readonly token: string }
  | { readonly path: "/calls"; readonly exten: string; readonly waitSeconds?: number };

/** Where to post, and with which key. */
export interface Endpoint {
  readonly url: string;
  readonly key: string;
  readonly agent: Agent;
}

const caller = { caller_id: "01012345678", caller_name: "홍길동", call_type: "voice" };

/** Posts the work of that number; resolves with the status and the body of the answer. */
export async function post({ url, key, agent }: Endpoint, work: Work, nth: number) {
  const body = buildBody(work, nth);
  const headers = {
    authorization: `Bearer ${key}`,
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  };
  const sent = request(url + work.path, { method: "POST", agent, headers }).end(body);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the event brings
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, body: await text(answer) };
}

function buildBody(work: Work, nth: number): string {
  if (work.path === "/send") {
    return JSON.stringify({ fcm_token: work.token, title: "수신전화", body: "홍길동", ...caller });
  }
  const { exten, waitSeconds = 0 } = work;
  const callId = `bench.${nth}`;
  return JSON.stringify({ call_id: callId, ring_id: `${callId}.1`, exten, wait_seconds: waitSeconds, ...caller });
}
