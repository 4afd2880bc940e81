import { z } from "zod";
import { TryAgain } from "../../errors.ts";
import { announceRing } from "../../rings/announce/claim.ts";
import { awaitRing, awaitRings, type Wait } from "../../rings/await-rings.ts";
import { endRings } from "../../rings/end-rings.ts";
import { explainRings } from "../../rings/explain-rings.ts";
import { findLeaders, findRings, type RingFilter } from "../../rings/find-rings.ts";
import type { StoredRing } from "../../rings/ring.ts";
import { summarizeRings } from "../../rings/summarize-rings.ts";
import type { Services } from "../../services.ts";
import type { EndReason } from "../../wire.ts";
import type { PbxKey } from "../../keys/pbx-key.ts";
import { callAnswer, callStatus, describeCall } from "../describe-call.ts";
import { describeVerdict } from "../describe-verdict.ts";
import { errorReply, failure, nakReply } from "../reply.ts";
import { answerSchemas, defineRoute, type Reply } from "../route.ts";
import { callBody, callId, callQuery, endBody } from "../schemas.ts";

const unknownCall = failure("`unknown_call`: this PBX has announced no such ring, or its record has expired");

const wokenAnswer = z
  .object({ call_id: z.string(), status: callStatus, devices: z.int(), accepted: z.int(), elapsed_ms: z.int() })
  .register(answerSchemas, { id: "WokenCall" });

const endedAnswer = z
  .object({ call_id: z.string(), status: callStatus, notified: z.int() })
  .register(answerSchemas, { id: "EndedCall" });

const call_id = "1763712000.17";
const exten = "07045144801";
const ring_id = `${call_id}-1763712000123`;

/** `POST /calls`: announces a ring and wakes the phones of its exten. */
export const wakeRoute = defineRoute({
  method: "post",
  path: "/calls",
  name: "announceCall",
  summary: "Wake the phones of an exten for a call; idempotent for the same call, exten and ring_id",
  scope: "calls",
  body: callBody,
  example: { call_id, exten, ring_id, caller_id: "01012345678", caller_name: "홍길동", ring_seconds: 30 },
  answers: {
    200: {
      description:
        "FCM accepted the push for at least one phone, or the ring is over. With `wait_seconds` the answer is held until a phone is ready or has answered, all have declined, the ring is over or the time is up (text: `READY`, `ANSWERED`, `DECLINED`, `ENDED`, `TIMEOUT`)",
      schema: wokenAnswer,
      example: { call_id, status: "notified", devices: 2, accepted: 2, elapsed_ms: 143 },
    },
    404: failure("`no_devices`: no phone is registered for the exten; a retry looks again (text: `NAK no_devices`)"),
    502: failure(
      "`push_failed`: FCM accepted the push for none of the phones; a retry sends it again (text: `NAK push_failed`)",
    ),
  },
  heldSeconds: ({ body }) => body.wait_seconds,
  run: wakeExten,
});

/** The request of an announcement. */
interface WakeRequest {
  readonly key: PbxKey;
  readonly body: z.output<typeof callBody>;
  readonly wait: Wait;
  /** Whether another channel of the call may announce the same ring. */
  readonly isOneOfSeveral?: boolean;
}

/** Announces a ring, waits if asked to, and answers with the status of the ring. */
export async function wakeExten(services: Services, request: WakeRequest): Promise<Reply> {
  const { key, body, wait, isOneOfSeveral = false } = request;
  key.requireExten(body.exten);
  const startedAt = services.clock.now();
  const { ringId, answer } = await announceRing(services, {
    pbxId: key.id,
    linkedId: body.call_id,
    exten: body.exten,
    line: key.lineOf(body.exten),
    pbxRingId: body.ring_id ?? undefined,
    callerId: body.caller_id,
    callerName: body.caller_name,
    callType: body.call_type,
    ringSeconds: body.ring_seconds,
    isOneOfSeveral,
  });
  if (answer.status === "no_devices") return nakReply(404, "no_devices", "No phone is registered for this exten");
  if (answer.status === "push_failed") {
    return nakReply(502, "push_failed", "FCM accepted the push for none of the phones");
  }
  const waits = wait.ms > 0 && answer.status === "notified";
  const status = (waits && (await awaitRing(services, ringId, wait))) || answer.status;
  const elapsed_ms = services.clock.now() - startedAt;
  const text = status === "notified" ? (waits ? "TIMEOUT" : `NOTIFIED ${answer.accepted}`) : status.toUpperCase();
  return { status: 200, body: { call_id: body.call_id, ...answer, status, elapsed_ms }, text };
}

const examplePhone = {
  device_id: "phone-1",
  exten,
  state: "ready",
  accepted_at: "2026-11-28T05:00:00.261Z",
  ready_at: "2026-11-28T05:00:01.902Z",
};

const exampleCall = {
  call_id,
  status: "ready",
  caller_id: "01012345678",
  caller_name: "홍길동",
  extens: [exten],
  devices: [examplePhone],
  created_at: "2026-11-28T05:00:00.118Z",
  rings: [{ exten, ring_id, status: "ready", created_at: "2026-11-28T05:00:00.118Z", devices: [examplePhone] }],
};

/** `GET /calls/{call_id}`: the status of a call of this PBX. */
export const callRoute = defineRoute({
  method: "get",
  path: "/calls/{call_id}",
  name: "getCall",
  summary:
    "The status of a call, its rings and its phones; with `wait_seconds`, as soon as the status is decided; with `verdict`, why they did or did not ring",
  scope: "calls",
  params: z.object({ call_id: callId }),
  query: callQuery,
  answers: { 200: { description: "The call", schema: callAnswer, example: exampleCall }, 404: unknownCall },
  heldSeconds: ({ query }) => query.wait_seconds,
  run: async (services, { key, params, query, wait }) => {
    const filter = {
      pbxId: key.id,
      linkedId: params.call_id,
      pbxRingId: query.ring_id ?? undefined,
      exten: query.exten ?? undefined,
    };
    const rings = await findOrAwait(services, filter, wait);
    if (rings.length === 0) return unknownCallReply();
    for (const { ring } of rings) key.requireExten(ring.exten);
    const leaders = await findLeaders(services, rings);
    const now = services.clock.now();
    const { status } = summarizeRings(rings, now);
    const call = describeCall(rings, leaders, now);
    const body = query.verdict === true ? { ...call, verdict: await judge(services, rings, key, query) } : call;
    return { status: 200, body, text: status.toUpperCase() };
  },
});

/** The verdicts on rings. A PBX learns nothing of another PBX's calls, nor of extens that its key does not allow. */
async function judge(
  services: Services,
  rings: readonly StoredRing[],
  key: PbxKey,
  { time_zone: timeZone }: Pick<z.output<typeof callQuery>, "time_zone">,
) {
  const maySee = (number: string, pbxId: string) => pbxId === key.id && key.allowsExten(number);
  const verdicts = await explainRings(services, rings, { timeZone, maySee });
  return verdicts.flatMap((verdict, nth) => (rings[nth] === undefined ? [] : describeVerdict(rings[nth], verdict)));
}

async function findOrAwait(services: Services, filter: RingFilter, wait: Wait): Promise<readonly StoredRing[]> {
  const awaited = wait.ms > 0 ? await awaitRings(services, filter, wait) : undefined;
  if (awaited !== undefined) return awaited.rings;
  if (wait.ms > 0 && !wait.signal.aborted) {
    throw new TryAgain("Firestore did not answer in time; retry the same request");
  }
  return findRings(services, filter);
}

function unknownCallReply(): Reply {
  return errorReply(404, "unknown_call", "This PBX has announced no such ring");
}

/** `POST /calls/{call_id}/end`: ends rings and stops their phones. */
export const endRoute = defineRoute({
  method: "post",
  path: "/calls/{call_id}/end",
  name: "endCall",
  summary: "End the rings of a ring_id, of an exten or of the whole call: their phones stop; idempotent by ring_id",
  scope: "calls",
  params: z.object({ call_id: callId }),
  body: endBody,
  example: { ring_id, dialstatus: "CANCEL" },
  answers: {
    200: {
      description:
        "This request told `notified` phones to stop. A `ring_id` is closed for good, also for later announcements; an exten without a living ring, and the call, for ten seconds. With reason `answered_elsewhere` and neither name, the current rings stop and nothing is closed",
      schema: endedAnswer,
      example: { call_id, status: "ended", notified: 2 },
    },
    404: failure("`unknown_call`: this PBX has announced no such ring yet; the end is remembered"),
  },
  run: async (services, { key, params, body }) => {
    if (body.exten) key.requireExten(body.exten);
    const ended = await endRings(services, {
      pbxId: key.id,
      linkedId: params.call_id,
      pbxRingId: body.ring_id ?? undefined,
      exten: body.exten ?? undefined,
      reason: body.reason ?? reasonOf(body.dialstatus),
      extens: body.exten ? undefined : key.extens,
    });
    if (ended === undefined) return unknownCallReply();
    return { status: 200, body: { call_id: params.call_id, ...ended }, text: `ENDED ${ended.notified}` };
  },
});

const reasons: Readonly<Record<string, EndReason>> = {
  "": "cancelled",
  ANSWER: "answered",
  CANCEL: "cancelled",
  NOANSWER: "missed",
  BUSY: "busy",
};

/** Maps Asterisk's DIALSTATUS to an end reason. It is empty if the caller hung up before Dial() started. */
function reasonOf(dialstatus: string): EndReason {
  return Object.hasOwn(reasons, dialstatus) ? (reasons[dialstatus] ?? "failed") : "failed";
}
