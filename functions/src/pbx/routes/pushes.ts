import { z } from "zod";
import { cancelPush } from "../../pushes/cancel-push.ts";
import { findPush, pushStates, type PushDocument, type PushTarget } from "../../pushes/push.ts";
import { buildPushKey, pushId } from "../../pushes/push-id.ts";
import { recordPush } from "../../pushes/record-push.ts";
import type { Services } from "../../services.ts";
import type { PbxKey } from "../../keys/pbx-key.ts";
import { bytesForTokens } from "../body.ts";
import { errorBody, errorReply, failure } from "../reply.ts";
import { answerSchemas, defineRoute, type Reply } from "../route.ts";
import { isoTime, pushBody } from "../schemas.ts";

const state = z.enum(pushStates).register(answerSchemas, { id: "PushState" });
const params = z.object({ id: pushId });
const standing = z.object({ id: z.string(), state }).register(answerSchemas, { id: "PushStanding" });
const notReserved = errorBody.extend(standing.shape).register(answerSchemas, { id: "NotReserved" });
const exampleId = "reminder-1";
const unknownPush = failure("`unknown_push`: this PBX has asked for no such push, or its record has expired");

/** `POST /pushes`: a push that is sent in the background, at once or later. */
export const recordPushRoute = defineRoute({
  method: "post",
  path: "/pushes",
  name: "recordPush",
  summary: "Send a push in the background, at once or at `reserved_at`; idempotent by id",
  scope: "send",
  body: pushBody,
  example: {
    id: exampleId,
    target: { exten: "07045144801" },
    title: "오늘 밤 점검",
  },
  maxBodyBytes: bytesForTokens,
  answers: {
    202: {
      description:
        "The push is recorded: `queued`, `reserved`, or the current state for a repeated id (text: `QUEUED <id>`). It expires after four hours unless `expires_at` is given. A token that is given twice gets one push and counts once. The app gets `data` with `type` = `silent` or `notice`. A key for certain `extens` may only name one of these as the target",
      schema: standing,
      example: { id: exampleId, state: "queued" },
    },
  },
  run: async (services, { key, body }) => {
    const target = lineTarget(key, body.target);
    requireTarget(key, target);
    const { id, push } = await recordPush(services, {
      pbxId: key.id,
      id: body.id ?? undefined,
      target,
      content: { silent: body.silent ?? false, title: body.title ?? "", body: body.body ?? "", data: body.data },
      reservedAt: body.reserved_at ?? undefined,
      expiresAt: body.expires_at ?? undefined,
    });
    requireTarget(key, push.target);
    return standingReply(202, id, push);
  },
});

/** A push is recorded for the line of an exten. */
function lineTarget(key: PbxKey, target: PushTarget): PushTarget {
  return "exten" in target ? { exten: key.lineOf(target.exten) } : target;
}

/** A target without an exten may reach any user's phone, so a key for certain extens does not allow it. */
function requireTarget(key: PbxKey, target: PushTarget): void {
  if ("exten" in target) key.requireExten(key.extenOf(target.exten));
  else key.requireEveryExten();
}

function standingReply(status: number, id: string, push: PushDocument): Reply {
  return { status, body: { id, state: push.state }, text: `${push.state.toUpperCase()} ${id}` };
}

const pushError = z
  .object({
    index: z.int().optional(),
    device_id: z.string().optional(),
    code: z.string(),
    /** APNs' reason, such as `BadDeviceToken`. */
    apns_reason: z.string().optional(),
  })
  .register(answerSchemas, { id: "PushError" });

const pushAnswer = standing
  .extend({
    reserved_at: isoTime.optional(),
    expires_at: isoTime,
    created_at: isoTime,
    result: z
      .object({
        accepted: z.int(),
        failed: z.int(),
        pending: z.int().optional(),
        errors: z.array(pushError),
      })
      .optional(),
  })
  .register(answerSchemas, { id: "Push" });

const examplePush = {
  id: exampleId,
  state: "partly_sent",
  expires_at: "2026-11-28T21:00:00.000Z",
  created_at: "2026-11-28T05:00:00.000Z",
  result: { accepted: 1, failed: 1, errors: [{ device_id: "phone-2", code: "SENDER_ID_MISMATCH" }] },
};

/** `GET /pushes/{id}`: the state of a push of this PBX. */
export const pushRoute = defineRoute({
  method: "get",
  path: "/pushes/{id}",
  name: "getPush",
  summary: "The state of a push; `errors` names tokens by their index and phones by their device id",
  scope: "send",
  params,
  answers: { 200: { description: "The push", schema: pushAnswer, example: examplePush }, 404: unknownPush },
  run: async (services, { key, params: { id } }) => {
    const push = await findOwnPush(services, key, id);
    if (push === undefined) return unknownPushReply();
    return { ...standingReply(200, id, push), body: describePush(id, push) };
  },
});

async function findOwnPush(services: Services, key: PbxKey, id: string): Promise<PushDocument | undefined> {
  const push = await findPush(services, buildPushKey(key.id, id));
  if (push !== undefined) requireTarget(key, push.target);
  return push;
}

function unknownPushReply(): Reply {
  return errorReply(404, "unknown_push", "This PBX has asked for no such push");
}

function describePush(id: string, push: PushDocument): z.output<typeof pushAnswer> {
  const { reservedAt, expiresAt, createdAt, result } = push;
  return {
    id,
    state: push.state,
    ...(reservedAt !== undefined && { reserved_at: reservedAt.toDate().toISOString() }),
    expires_at: expiresAt.toDate().toISOString(),
    created_at: createdAt.toDate().toISOString(),
    ...(result !== undefined && {
      result: {
        accepted: result.accepted,
        failed: result.failed,
        ...(result.pending > 0 && { pending: result.pending }),
        errors: listErrors(push),
      },
    }),
  };
}

function listErrors({ target, deviceIds, outcomes }: PushDocument): z.output<typeof pushError>[] {
  if (deviceIds?.length === 0) return [{ code: "no_devices" }];
  return Object.entries(outcomes).flatMap(([key, outcome]): z.output<typeof pushError>[] => {
    if (outcome.state !== "failed") return [];
    const { code, apnsReason } = outcome;
    const error = { code, ...(apnsReason !== undefined && { apns_reason: apnsReason }) };
    if ("tokens" in target) return [{ index: Number(key), ...error }];
    return [deviceIds === undefined ? error : { device_id: key, ...error }];
  });
}

/** `DELETE /pushes/{id}`: cancels a reserved push. */
export const cancelPushRoute = defineRoute({
  method: "delete",
  path: "/pushes/{id}",
  name: "cancelPush",
  summary: "Cancel a push that is still reserved; idempotent",
  scope: "send",
  params,
  answers: {
    200: { description: "The push will not be sent", schema: standing, example: { id: exampleId, state: "cancelled" } },
    404: unknownPush,
    409: {
      description: "`not_reserved`: it is being sent, or was; the body has `state` beside the error",
      schema: notReserved,
    },
  },
  run: async (services, { key, params: { id } }) => {
    const found = await findOwnPush(services, key, id);
    const push = found && (await cancelPush(services, buildPushKey(key.id, id)));
    if (push === undefined) return unknownPushReply();
    if (push.state === "cancelled") return standingReply(200, id, push);
    const refusal = errorReply(409, "not_reserved", `The push is no longer reserved: ${push.state}`);
    return { ...refusal, body: { ...refusal.body, id, state: push.state } };
  },
});
