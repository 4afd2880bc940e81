import { setTimeout as delay } from "node:timers/promises";
import type { Answered } from "./functions.ts";

/** One leg of a ring group, as the dialplan knows it. */
export interface Leg {
  readonly exten: string;
  readonly ringId: string | undefined;
}

/** Sends a request to the PBX's API. */
export type Ask = (method: string, path: string, body: object) => Promise<Answered>;

/** All three requests are sent within this time, in milliseconds. */
const withinMs = 12;

/**
 * Sends the dialplan's requests for two legs of which one cannot be reached: both announcements and the end of the
 * unreachable leg, each at a random moment. Resolves with the answer to the reachable leg's announcement.
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

/** Whether a phone rings for a call of the PBX: it has a call push and no end push. */
export function ringsFor(linkedId: string, messages: readonly { readonly message?: unknown }[]): boolean {
  const pushes = messages.map(({ message }) => (message as { data: Record<string, string> }).data);
  const call = pushes.find((data) => data["type"] === "incoming_call" && data["linkedId"] === linkedId);
  if (call === undefined) return false;
  return !pushes.some((data) => data["type"] === "call_ended" && data["callId"] === call["callId"]);
}
