import { startScriptedPeer, type ScriptedPeer } from "../../support/scripted-peer.ts";

/** Starts a scripted server that accepts messages as FCM does. */
export async function startScriptedFcm(): Promise<ScriptedPeer> {
  return startScriptedPeer({
    streams: 100,
    accept: (received) =>
      received.answer(200, JSON.stringify({ name: `projects/demo/messages/${crypto.randomUUID()}` })),
  });
}
