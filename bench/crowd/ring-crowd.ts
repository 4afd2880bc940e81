import { setTimeout as delay } from "node:timers/promises";
import { requestPbx } from "../../test/support/functions.ts";
import type { Crowd, CrowdStage } from "./stage.ts";

/** One call to a crowd. */
export interface Rung {
  /** What the PBX heard for each line. */
  readonly answers: readonly { readonly ms: number; readonly status: number; readonly accepted: number }[];
  /** What Firestore was asked, by the PBX's requests and by the phones' reports. */
  readonly requests: number;
  /** How long the slowest phone waited for the answers to its two reports. */
  readonly reportsMs: number;
}

/** Announces a call for every line at once; each phone reports as soon as it has its push. */
export async function ringCrowd(stage: CrowdStage, { extens, phones }: Crowd, callId: string): Promise<Rung> {
  const { database } = stage;
  const requestsBefore = database.requests.length;
  const reporting = Promise.all(phones.map(async (phone) => reportIn(stage, phone, callId)));
  const answers = await Promise.all(extens.map(async (exten) => announce(stage, exten, callId)));
  const reports = await reporting;
  const requests = database.requests.length - requestsBefore;
  await requestPbx(stage.pbxUrl, "POST", `/calls/${callId}/end`, { dialstatus: "CANCEL" });
  return { answers, requests, reportsMs: Math.max(...reports) };
}

async function announce({ pbxUrl }: CrowdStage, exten: string, callId: string) {
  const startedAt = performance.now();
  const body = { call_id: callId, ring_id: `${callId}.1`, exten, caller_id: "01012345678" };
  const answer = await requestPbx(pbxUrl, "POST", "/calls", body);
  const accepted = Number(answer.body?.accepted ?? 0);
  return { ms: performance.now() - startedAt, status: answer.status, accepted };
}

const pollMs = 5;
const patienceMs = 30_000;

/** Waits for the push of a call and reports `received` and `ready`; resolves with how long the answers took, 0 without a push. */
async function reportIn(
  { functions }: CrowdStage,
  { person, deviceId, token }: Crowd["phones"][number],
  linkedId: string,
): Promise<number> {
  const giveUpAt = performance.now() + patienceMs;
  for (; performance.now() < giveUpAt; await delay(pollMs)) {
    const pushed = functions.fcm.messages(token).map(({ message }) => (message as Pushed).data);
    const push = pushed.find((data) => data.linkedId === linkedId && data.type === "incoming_call");
    if (push === undefined) continue;
    const startedAt = performance.now();
    for (const event of ["received", "ready"]) {
      const { status, text } = await functions.call("reportCall", person, { callId: push.callId, deviceId, event });
      if (status !== 200) throw new Error(`A report was answered ${status}: ${text}`);
    }
    return performance.now() - startedAt;
  }
  return 0;
}

interface Pushed {
  readonly data: { readonly type: string; readonly linkedId: string; readonly callId: string };
}
