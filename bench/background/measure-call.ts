import { demo, functionsUrl } from "../../local/stack/demo.ts";
import { post } from "../../local/stack/demo-data.ts";
import type { DemoPhone } from "../../local/stack/demo-phone.ts";
import { readField } from "../../local/stack/demo-user.ts";

/** Duration of each leg of waking a phone, and of all together, in milliseconds. */
export interface Legs {
  readonly pushMs: number;
  readonly connectMs: number;
  readonly readyMs: number;
  readonly totalMs: number;
}

/** Rings a phone that sleeps, waits until it is ready, and ends the call. Rejects when it does not become ready. */
export async function measureCall(phone: DemoPhone, nth: number): Promise<Legs> {
  const callId = `${Math.floor(Date.now() / 1000)}.${nth}`;
  const ringId = `${callId}-${Date.now()}`;
  // The app goes to the background.
  phone.client.disconnect();
  const postedAt = performance.now();
  const [readyAt, { pushedAt, connectedAt }] = await Promise.all([postCall(callId, ringId), wake(phone)]);
  await post(`${functionsUrl}/pbx/calls/${callId}/end`, demo.pbxKey, { ring_id: ringId, dialstatus: "CANCEL" });
  await phone.client.receivePush(await phone.pushes.next());
  return {
    pushMs: pushedAt - postedAt,
    connectMs: connectedAt - pushedAt,
    readyMs: readyAt - connectedAt,
    totalMs: readyAt - postedAt,
  };
}

/** The dialplan's part; resolves with the time when it may dial. */
async function postCall(callId: string, ringId: string): Promise<number> {
  const call = {
    call_id: callId,
    ring_id: ringId,
    exten: demo.exten,
    caller_id: "01012345678",
    caller_name: "홍길동",
    wait_seconds: 25,
  };
  const status = readField(await post(`${functionsUrl}/pbx/calls`, demo.pbxKey, call), "status");
  if (status !== "ready") throw new Error(`The phone did not become ready: ${String(status)}`);
  return performance.now();
}

/** The phone's part. */
async function wake({ client, pushes }: DemoPhone): Promise<{ pushedAt: number; connectedAt: number }> {
  const push = await pushes.next();
  const pushedAt = performance.now();
  let connectedAt: number | undefined;
  const stopListening = client.on("connection", (state) => {
    if (state === "connected") connectedAt ??= performance.now();
  });
  await client.receivePush(push);
  stopListening();
  if (connectedAt === undefined) throw new Error("The phone was connected already, or was told to stay silent");
  return { pushedAt, connectedAt };
}
