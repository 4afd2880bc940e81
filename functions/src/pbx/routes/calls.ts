import { z } from "zod";
import { awaitCall } from "../../calls/await-call.ts";
import { endCall } from "../../calls/end-call.ts";
import { findCall, type CallDocument, type CallName } from "../../calls/call.ts";
import { TryAgain } from "../../errors.ts";
import type { EndReason } from "../../wire.ts";
import { wakeExten } from "../../calls/wake-exten.ts";
import type { Services } from "../../services.ts";
import { errorReply, failure, nakReply } from "../reply.ts";
import { defineRoute, type Reply } from "../route.ts";
import { callBody, callId, callQuery, endBody, endReason } from "../schemas.ts";

const callStatus = z.enum(["waking", "notified", "ready", "answered", "declined", "failed", "ended"]);
const unknownCall = failure("`unknown_call`: this PBX has announced no such call, or its record has expired");

/** `POST /calls`: a call rings an exten, so its phones are to wake. */
export const wakeRoute = defineRoute({
  method: "post",
  path: "/calls",
  summary: "Wake the phones of an exten for a call; the same call and exten again push nothing",
  scope: "calls",
  body: callBody,
  answers: {
    200: {
      description:
        "FCM accepted the push for at least one phone, or the call is over. With `wait_seconds` the answer is held until a phone is ready or has answered, all have declined, the call has ended or the time is up (text: `READY`, `ANSWERED`, `DECLINED`, `ENDED`, `TIMEOUT`)",
      schema: z.object({
        call_id: z.string(),
        status: callStatus,
        devices: z.int(),
        accepted: z.int(),
        elapsed_ms: z.int(),
      }),
    },
    404: failure("`no_devices`: no phone to wake (text: `NAK no_devices`)"),
    502: failure("`push_failed`: FCM took the push for none of the phones (text: `NAK push_failed`)"),
  },
  heldSeconds: ({ body }) => body.wait_seconds,
  run: async (services, { key, body, signal }) => {
    key.requireExten(body.exten);
    const startedAt = services.clock.now();
    const name = { pbxId: key.id, linkedId: body.call_id };
    const answer = await wakeExten(services, {
      ...name,
      exten: body.exten,
      callerId: body.caller_id,
      callerName: body.caller_name,
      callType: body.call_type,
      ringSeconds: body.ring_seconds,
    });
    if (answer.status === "no_devices") return nakReply(404, "no_devices", "No phone is registered for this exten");
    if (answer.status === "push_failed") {
      return nakReply(502, "push_failed", "FCM took the push for none of the phones");
    }
    const waits = body.wait_seconds > 0 && answer.status === "notified";
    const call = waits && (await awaitCall(services, name, { ms: body.wait_seconds * 1000, signal }));
    const status = typeof call === "object" ? call.status : answer.status;
    const elapsed_ms = services.clock.now() - startedAt;
    const text = status === "notified" ? (waits ? "TIMEOUT" : `NOTIFIED ${answer.accepted}`) : status.toUpperCase();
    return { status: 200, body: { call_id: body.call_id, ...answer, status, elapsed_ms }, text };
  },
});

const isoTime = z.iso.datetime();

const callAnswer = z.object({
  call_id: z.string(),
  status: callStatus,
  caller_id: z.string(),
  caller_name: z.string(),
  extens: z.array(z.string()),
  devices: z.array(
    z.object({
      device_id: z.string(),
      exten: z.string(),
      state: z.enum(["failed", "accepted", "received", "ready", "answered", "declined", "ended"]),
      error: z.string().optional(),
      accepted_at: isoTime.optional(),
      ready_at: isoTime.optional(),
    }),
  ),
  created_at: isoTime,
  ended_at: isoTime.optional(),
  reason: endReason.optional(),
});

/** `GET /calls/{call_id}`: what became of a call of this PBX. */
export const callRoute = defineRoute({
  method: "get",
  path: "/calls/{call_id}",
  summary:
    "How a call stands, and what became of the push for each phone; with `wait_seconds`, as soon as it is decided",
  scope: "calls",
  params: z.object({ call_id: callId }),
  query: callQuery,
  answers: { 200: { description: "The call", schema: callAnswer }, 404: unknownCall },
  heldSeconds: ({ query }) => query.wait_seconds,
  run: async (services, { key, params, query, signal }) => {
    const name = { pbxId: key.id, linkedId: params.call_id };
    const call = await findOrAwait(services, name, query.wait_seconds, signal);
    if (call === undefined) return unknownCallReply();
    for (const exten of Object.keys(call.extens)) key.requireExten(exten);
    return { status: 200, body: describeCall(call), text: call.status.toUpperCase() };
  },
});

async function findOrAwait(services: Services, name: CallName, waitSeconds: number, signal: AbortSignal) {
  if (waitSeconds === 0) return findCall(services.db, name);
  const call = await awaitCall(services, name, { ms: waitSeconds * 1000, signal });
  if (call === "unheard") throw new TryAgain("Nothing could be learnt of the call in time");
  return call === "unknown" ? undefined : call;
}

function unknownCallReply(): Reply {
  return errorReply(404, "unknown_call", "This PBX has announced no such call");
}

function describeCall(call: CallDocument): z.output<typeof callAnswer> {
  const { callerId: caller_id, callerName: caller_name, endedAt, endReason: reason, status } = call;
  return {
    call_id: call.linkedId,
    status,
    caller_id,
    caller_name,
    extens: Object.keys(call.extens),
    devices: Object.entries(call.devices).map(([device_id, { exten, state, error, acceptedAt, readyAt }]) => ({
      device_id,
      exten,
      state,
      ...(error !== undefined && { error }),
      ...(acceptedAt !== undefined && { accepted_at: acceptedAt.toDate().toISOString() }),
      ...(readyAt !== undefined && { ready_at: readyAt.toDate().toISOString() }),
    })),
    created_at: call.createdAt.toDate().toISOString(),
    ...(endedAt !== undefined && { ended_at: endedAt.toDate().toISOString() }),
    ...(reason !== undefined && { reason }),
  };
}

/** `POST /calls/{call_id}/end`: the call is over, so whatever still rings is to stop. */
export const endRoute = defineRoute({
  method: "post",
  path: "/calls/{call_id}/end",
  summary: "Make every phone that still rings for a call stop, or those of one exten; harmless when repeated",
  scope: "calls",
  params: z.object({ call_id: callId }),
  body: endBody,
  answers: {
    200: {
      description: "`notified` phones were told by this request",
      schema: z.object({ call_id: z.string(), status: callStatus, notified: z.int() }),
    },
    404: unknownCall,
  },
  run: async (services, { key, params, body }) => {
    const name = { pbxId: key.id, linkedId: params.call_id };
    const extens = body.exten ? [body.exten] : key.isForSomeExtens ? await findExtens(services, name) : [];
    for (const exten of extens) key.requireExten(exten);
    const reason = body.reason ?? reasonOf(body.dialstatus);
    const ended = await endCall(services, { ...name, reason, exten: body.exten ?? undefined });
    if (ended === undefined) return unknownCallReply();
    return { status: 200, body: { call_id: params.call_id, ...ended }, text: `ENDED ${ended.notified}` };
  },
});

/** Whose phones the end of a call silences. */
async function findExtens({ db }: Services, name: CallName): Promise<readonly string[]> {
  return Object.keys((await findCall(db, name))?.extens ?? {});
}

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
