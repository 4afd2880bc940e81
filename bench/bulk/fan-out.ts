import { runChild } from "../children/child.ts";
import { startLeanFcm } from "../lean-fcm/lean-fcm.ts";
import type { SenderInput, Sent } from "./sender.ts";

/** Results of both senders, which took turns, by round. */
export interface Comparison {
  readonly ours: readonly Sent[];
  readonly peer: readonly Sent[];
}

/** Options of a comparison. */
export interface ComparisonOptions {
  /** How long FCM takes to answer. */
  readonly delayMs: number;
  /** The method of firebase-admin to compare with. */
  readonly call: "sendEach" | "sendEachForMulticast";
  readonly rounds: number;
  readonly messages: { readonly ours: number; readonly peer: number };
}

/** Sends through our FCM client and firebase-admin in turns, each time from a new process, to the same FCM. */
export async function compareFanOut({ delayMs, call, rounds, messages }: ComparisonOptions): Promise<Comparison> {
  const fcm = await startLeanFcm({ delayMs });
  const { origin, ca } = fcm;
  const ours: Sent[] = [];
  const peer: Sent[] = [];
  const run = (script: string, count: number, more: object = {}) => {
    const input: SenderInput = { origin, ca, warmUp: Math.ceil(count / 2), messages: count };
    return runChild<Sent>(new URL(script, import.meta.url), { ...input, ...more });
  };
  try {
    for (let round = 0; round < rounds; round += 1) {
      ours.push(await run("send-with-pbx-push.ts", messages.ours));
      peer.push(await run("send-with-firebase-admin.ts", messages.peer, { call }));
    }
  } finally {
    await fcm.stop();
  }
  return { ours, peer };
}
