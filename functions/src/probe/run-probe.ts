import { randomUUID } from "node:crypto";
import { Timestamp } from "firebase-admin/firestore";
import { findPbxUrl } from "../pbx-url.ts";
import { buildRingId, readStored, ringRef } from "../rings/ring.ts";
import type { Services } from "../services.ts";
import { askFirestore } from "./ask-firestore.ts";
import { judgeProbe, type ProbeStep } from "./judge-probe.ts";
import { placeCall } from "./place-call.ts";
import { withProbeKey } from "./probe-key.ts";
import { probeExten, probePbxId } from "./probe-phones.ts";
import { recordProbe, type ProbeResult } from "./probe-results.ts";

/**
 * Rings phones that cannot exist through the whole chain, as a PBX does. It comes through if FCM and APNs refuse them for
 * their addresses, and not for us. Records and logs the result.
 */
export async function runProbe(services: Services): Promise<void> {
  const { clock, config, log } = services;
  if (config.probe === "off") {
    log.info("probe_off", { setting: "PROBE" });
    return;
  }
  const at = Timestamp.fromMillis(clock.now());
  const { steps, callId } = await ring(services, findPbxUrl(config));
  const broken = steps.find(({ isOk }) => !isOk);
  const result: ProbeResult = { at, isOk: broken === undefined, steps, ...(broken !== undefined && { callId }) };
  if (broken === undefined) log.info("probe_passed", { ms: listTimes(steps) });
  else log.error("probe_failed", { step: broken.step, detail: broken.detail, callId });
  await recordProbe(services, result);
}

/** Rings, and says how far that came. What the job cannot do itself is a broken step, too: else nobody would hear of it. */
async function ring(services: Services, url: string) {
  const linkedId = `probe-${randomUUID()}`;
  const callId = buildRingId({ pbxId: probePbxId, linkedId }, probeExten, linkedId);
  const ref = ringRef(services.db, callId);
  const called = await withProbeKey(services, async (key) => placeCall(url, key, linkedId));
  if ("fault" in called) return { steps: [{ step: "key", isOk: false, detail: called.fault }], callId };
  const found = await askFirestore(ref.get().then((snapshot) => readStored(snapshot)?.ring));
  const steps = judgeProbe(called.answer, found, services.config.apnsTopics.length > 0);
  // The ring of a probe that failed is kept, to be explained; the others would hide the PBXs' own.
  if (steps.every(({ isOk }) => isOk)) await askFirestore(ref.delete());
  return { steps, callId };
}

function listTimes(steps: readonly ProbeStep[]): Readonly<Record<string, number>> {
  return Object.fromEntries(steps.flatMap(({ step, ms }) => (ms === undefined ? [] : [[step, ms]])));
}
