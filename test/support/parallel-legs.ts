import { setTimeout as delay } from "node:timers/promises";
import type { Answered } from "./functions.ts";

/** One leg of a ring group, as the dialplan knows it. */
export interface Leg {
  readonly exten: string;
  readonly ringId: string | undefined;
}

/** Asks the PBX's API. */
export type Ask = (method: string, path: string, body: object) => Promise<Answered>;

/** All three requests leave within this time. */
const withinMs = 12;

/**
 * What the dialplan asks for two legs of which one cannot be reached: both announced, and the end of the dead one, each at a random
 * moment; resolves with what the announcement of the living leg was answered.
 */
export async function ringLegs(ask: Ask, callId: string, living: Leg, dead: Leg): Promise<Answered> {
  const soon = () => delay(Math.random() * withinMs);
  const announce = async ({ exten, ringId }: Leg) => {
    await soon();
    return ask("POST", "/calls", { call_id: callId, exten, ...(ringId !== undefined && { ring_id: ringId }) });
  };
  const end = async ({ exten, ringId }: Leg) => {
    await soon();
    const named = ringId === undefined ? { exten } : { ring_id: ringId };
    return ask("POST", `/calls/${callId}/end`, { dialstatus: "CHANUNAVAIL", ...named });
  };
  const [answered] = await Promise.all([announce(living), announce(dead), end(dead)]);
  return answered;
}

/** Whether a phone rings for a call of the PBX, by its pushes: it has one and no end of it. */
export function ringsFor(linkedId: string, messages: readonly { readonly message: unknown }[]): boolean {
  const pushes = messages.map(({ message }) => (message as { data: Record<string, string> }).data);
  const call = pushes.find((data) => data["type"] === "incoming_call" && data["linkedId"] === linkedId);
  if (call === undefined) return false;
  return !pushes.some((data) => data["type"] === "call_ended" && data["callId"] === call["callId"]);
}
