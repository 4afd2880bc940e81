import { setTimeout as delay } from "node:timers/promises";
import { requestPbx } from "../../test/support/functions.ts";
import type { Crowd, CrowdStage } from "./stage.ts";

/** One call to a crowd. */
export interface CrowdRound {
  /** The answers to the PBX, one for each line. */
  readonly answers: readonly { readonly ms: number; readonly status: number; readonly accepted: number }[];
  /** Number of Firestore requests, for the PBX's requests and the phones' reports. */
  readonly requests: number;
  /** How long the slowest phone took until both of its reports were accepted. */
  readonly reportsMs: number;
  /** Number of reports that a phone had to retry. */
  readonly refusals: number;
}

/** Announces a call for every line at once; each phone reports as soon as it has its push. */
export async function ringCrowd(stage: CrowdStage, { extens, phones }: Crowd, callId: string): Promise<CrowdRound> {
  const { database } = stage;
  const requestsBefore = database.requests.length;
  const [answers, reports] = await Promise.all([
    Promise.all(extens.map(async (exten) => announce(stage, exten, callId))),
    Promise.all(phones.map(async (phone) => reportIn(stage, phone, callId))),
  ]);
  const requests = database.requests.length - requestsBefore;
  await requestPbx(stage.pbxUrl, "POST", `/calls/${callId}/end`, { dialstatus: "CANCEL" });
  const refusals = reports.reduce((sum, one) => sum + one.refusals, 0);
  return { answers, requests, reportsMs: Math.max(...reports.map(({ ms }) => ms)), refusals };
}

async function announce({ pbxUrl }: CrowdStage, exten: string, callId: string) {
  const startedAt = performance.now();
  const body = { call_id: callId, ring_id: `${callId}.1`, exten, caller_id: "01012345678" };
  const answer = await requestPbx(pbxUrl, "POST", "/calls", body);
  const accepted = Number(answer.body?.accepted ?? 0);
  return { ms: performance.now() - startedAt, status: answer.status, accepted };
}

const pollMs = 5;
const timeoutMs = 30_000;

/** Result of a phone's reports. */
interface Reported {
  readonly ms: number;
  readonly refusals: number;
}

/** Waits for the push of a call and reports `received` and `ready`, with retries; a phone without a push reports nothing. */
async function reportIn(
  { functions }: CrowdStage,
  { person, deviceId, token }: Crowd["phones"][number],
  linkedId: string,
): Promise<Reported> {
  const giveUpAt = performance.now() + timeoutMs;
  for (; performance.now() < giveUpAt; await delay(pollMs)) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the service has just sent
    const pushed = functions.fcm.messages(token).map(({ message }) => (message as Pushed).data);
    const push = pushed.find((data) => data.linkedId === linkedId && data.type === "incoming_call");
    if (push === undefined) continue;
    const startedAt = performance.now();
    let refusals = 0;
    for (const event of ["received", "ready"]) {
      const report = { callId: push.callId, deviceId, event };
      while ((await functions.call("reportCall", person, report)).status !== 200) refusals += 1;
    }
    return { ms: performance.now() - startedAt, refusals };
  }
  return { ms: 0, refusals: 0 };
}

interface Pushed {
  readonly data: { readonly type: string; readonly linkedId: string; readonly callId: string };
}
