import { z } from "zod";
import { TryAgain } from "../../errors.ts";
import { announceRing } from "../../rings/announce/claim.ts";
import { awaitRing, awaitRings } from "../../rings/await-rings.ts";
import { endRings } from "../../rings/end-rings.ts";
import { findLeaders, findRings, type RingFilter } from "../../rings/find-rings.ts";
import type { StoredRing } from "../../rings/ring.ts";
import { summarizeRings } from "../../rings/summarize-rings.ts";
import type { Services } from "../../services.ts";
import type { EndReason } from "../../wire.ts";
import type { PbxKey } from "../keys.ts";
import { callAnswer, callStatus, describeCall } from "../describe-call.ts";
import { errorReply, failure, nakReply } from "../reply.ts";
import { defineRoute, type Reply } from "../route.ts";
import { callBody, callId, callQuery, endBody } from "../schemas.ts";

const unknownCall = failure("`unknown_call`: this PBX has announced no such ring, or its record has expired");

/** `POST /calls`: a call rings an exten, so its phones are to wake. */
export const wakeRoute = defineRoute({
  method: "post",
  path: "/calls",
  summary: "Wake the phones of an exten for a call; the same call, exten and ring_id again push nothing",
  scope: "calls",
  body: callBody,
  answers: {
    200: {
      description:
        "FCM accepted the push for at least one phone, or the ring is over. With `wait_seconds` the answer is held until a phone is ready or has answered, all have declined, the ring is over or the time is up (text: `READY`, `ANSWERED`, `DECLINED`, `ENDED`, `TIMEOUT`)",
      schema: z.object({
        call_id: z.string(),
        status: callStatus,
        devices: z.int(),
        accepted: z.int(),
        elapsed_ms: z.int(),
      }),
    },
    404: failure(
      "`no_devices`: no phone is registered for the exten; the same again looks anew (text: `NAK no_devices`)",
    ),
    502: failure(
      "`push_failed`: FCM took the push for none of the phones; the same again tries anew (text: `NAK push_failed`)",
    ),
  },
  heldSeconds: ({ body }) => body.wait_seconds,
  run: wakeExten,
});

/** What an announcement comes with. */
interface WakeRequest {
  readonly key: PbxKey;
  readonly body: z.output<typeof callBody>;
  readonly signal: AbortSignal;
  /** Whether another channel of the call may be announcing the same. */
  readonly isOneOfSeveral?: boolean;
}

/** Announces a ring, waits if it is asked to, and answers how the ring stands. */
export async function wakeExten(services: Services, request: WakeRequest): Promise<Reply> {
  const { key, body, signal, isOneOfSeveral = false } = request;
  key.requireExten(body.exten);
  const startedAt = services.clock.now();
  const { ringId, answer } = await announceRing(services, {
    pbxId: key.id,
    linkedId: body.call_id,
    exten: body.exten,
    pbxRingId: body.ring_id ?? undefined,
    callerId: body.caller_id,
    callerName: body.caller_name,
    callType: body.call_type,
    ringSeconds: body.ring_seconds,
    isOneOfSeveral,
  });
  if (answer.status === "no_devices") return nakReply(404, "no_devices", "No phone is registered for this exten");
  if (answer.status === "push_failed") {
    return nakReply(502, "push_failed", "FCM took the push for none of the phones");
  }
  const waits = body.wait_seconds > 0 && answer.status === "notified";
  const wait = { ms: body.wait_seconds * 1000, signal };
  const status = (waits && (await awaitRing(services, ringId, wait))) || answer.status;
  const elapsed_ms = services.clock.now() - startedAt;
  const text = status === "notified" ? (waits ? "TIMEOUT" : `NOTIFIED ${answer.accepted}`) : status.toUpperCase();
  return { status: 200, body: { call_id: body.call_id, ...answer, status, elapsed_ms }, text };
}

/** `GET /calls/{call_id}`: what became of a call of this PBX. */
export const callRoute = defineRoute({
  method: "get",
  path: "/calls/{call_id}",
  summary:
    "How a call stands, its rings, and what became of the push for each phone; with `wait_seconds`, as soon as it is decided",
  scope: "calls",
  params: z.object({ call_id: callId }),
  query: callQuery,
  answers: { 200: { description: "The call", schema: callAnswer }, 404: unknownCall },
  heldSeconds: ({ query }) => query.wait_seconds,
  run: async (services, { key, params, query, signal }) => {
    const filter = {
      pbxId: key.id,
      linkedId: params.call_id,
      pbxRingId: query.ring_id ?? undefined,
      exten: query.exten ?? undefined,
    };
    const rings = await findOrAwait(services, filter, { ms: query.wait_seconds * 1000, signal });
    if (rings.length === 0) return unknownCallReply();
    for (const { ring } of rings) key.requireExten(ring.exten);
    const leaders = await findLeaders(services, rings);
    const now = services.clock.now();
    const { status } = summarizeRings(rings, now);
    return { status: 200, body: describeCall(rings, leaders, now), text: status.toUpperCase() };
  },
});

async function findOrAwait(
  services: Services,
  filter: RingFilter,
  wait: { readonly ms: number; readonly signal: AbortSignal },
): Promise<readonly StoredRing[]> {
  if (wait.ms === 0) return findRings(services, filter);
  const awaited = await awaitRings(services, filter, wait);
  if (awaited === undefined) throw new TryAgain("Firestore did not answer in time; retry the same request");
  return awaited.rings;
}

function unknownCallReply(): Reply {
  return errorReply(404, "unknown_call", "This PBX has announced no such ring");
}

/** `POST /calls/{call_id}/end`: what it names is over, so its phones are to stop. */
export const endRoute = defineRoute({
  method: "post",
  path: "/calls/{call_id}/end",
  summary:
    "End the rings that a ring_id or an exten names, or those of the call: their phones stop; by ring_id harmless when repeated",
  scope: "calls",
  params: z.object({ call_id: callId }),
  body: endBody,
  answers: {
    200: {
      description:
        "`notified` phones were told by this request. A `ring_id` is closed for good, for rings still to come as well; an exten without a living ring, and the call, for ten seconds. With reason `answered_elsewhere` and neither name the rings that there are fall silent, and nothing is closed",
      schema: z.object({ call_id: z.string(), status: callStatus, notified: z.int() }),
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

/** Asterisk's DIALSTATUS in our words. It is empty when the caller gave up before Dial() began. */
function reasonOf(dialstatus: string): EndReason {
  return Object.hasOwn(reasons, dialstatus) ? (reasons[dialstatus] ?? "failed") : "failed";
}
