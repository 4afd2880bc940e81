import { z } from "zod";
import { findCall, type CallDocument } from "../../calls/call.ts";
import { wakeExten } from "../../calls/wake-exten.ts";
import { errorReply, failure, nakReply } from "../reply.ts";
import { defineRoute } from "../route.ts";
import { callBody, callId } from "../schemas.ts";

/** `POST /calls`: a call rings an exten, so its phones are to wake. */
export const wakeRoute = defineRoute({
  method: "post",
  path: "/calls",
  summary: "Wake the phones of an exten for a call; the same call and exten again push nothing",
  scope: "calls",
  body: callBody,
  answers: {
    200: {
      description: "FCM accepted the push for at least one phone",
      schema: z.object({
        call_id: z.string(),
        status: z.literal("notified"),
        devices: z.int(),
        accepted: z.int(),
        elapsed_ms: z.int(),
      }),
    },
    404: failure("`no_devices`: nobody to wake (text: `NAK no_devices`)"),
    502: failure("`push_failed`: FCM took the push for none of the phones (text: `NAK push_failed`)"),
  },
  run: async (services, { key, body }) => {
    key.requireExten(body.exten);
    const startedAt = services.clock.now();
    const answer = await wakeExten(services, {
      pbxId: key.id,
      linkedId: body.call_id,
      exten: body.exten,
      callerId: body.caller_id,
      callerName: body.caller_name,
      callType: body.call_type,
      ringSeconds: body.ring_seconds,
    });
    switch (answer.status) {
      case "no_devices":
        return nakReply(404, "no_devices", "No phone is registered for this exten");
      case "push_failed":
        return nakReply(502, "push_failed", "FCM took the push for none of the phones");
      case "notified": {
        const elapsed_ms = services.clock.now() - startedAt;
        return {
          status: 200,
          body: { call_id: body.call_id, ...answer, elapsed_ms },
          text: `NOTIFIED ${answer.accepted}`,
        };
      }
    }
  },
});

const callAnswer = z.object({
  call_id: z.string(),
  status: z.enum(["waking", "notified", "failed"]),
  caller_id: z.string(),
  caller_name: z.string(),
  extens: z.array(z.string()),
  devices: z.array(
    z.object({
      device_id: z.string(),
      exten: z.string(),
      state: z.enum(["accepted", "failed"]),
      error: z.string().optional(),
      accepted_at: z.iso.datetime().optional(),
    }),
  ),
  created_at: z.iso.datetime(),
});

/** `GET /calls/{call_id}`: what became of a call of this PBX. */
export const callRoute = defineRoute({
  method: "get",
  path: "/calls/{call_id}",
  summary: "How a call stands, and what became of the push for each phone",
  scope: "calls",
  params: z.object({ call_id: callId }),
  answers: {
    200: { description: "The call", schema: callAnswer },
    404: failure("`unknown_call`: this PBX has announced no such call, or its record has expired"),
  },
  run: async ({ db }, { key, params }) => {
    const call = await findCall(db, { pbxId: key.id, linkedId: params.call_id });
    if (call === undefined) return errorReply(404, "unknown_call", "This PBX has announced no such call");
    for (const exten of Object.keys(call.extens)) key.requireExten(exten);
    return { status: 200, body: describeCall(call), text: call.status.toUpperCase() };
  },
});

function describeCall(call: CallDocument): z.output<typeof callAnswer> {
  return {
    call_id: call.linkedId,
    status: call.status,
    caller_id: call.callerId,
    caller_name: call.callerName,
    extens: Object.keys(call.extens),
    devices: Object.entries(call.devices).map(([device_id, { exten, state, error, acceptedAt }]) => ({
      device_id,
      exten,
      state,
      ...(error !== undefined && { error }),
      ...(acceptedAt !== undefined && { accepted_at: acceptedAt.toDate().toISOString() }),
    })),
    created_at: call.createdAt.toDate().toISOString(),
  };
}
