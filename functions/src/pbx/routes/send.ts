import { z } from "zod";
import { nameFailure, type Outcome } from "../../transport/outcome.ts";
import { sendPush, sendPushBatch } from "../../send/send-to-tokens.ts";
import { bytesForTokens } from "../body.ts";
import { errorReply, failure } from "../reply.ts";
import { answerSchemas, defineRoute, type Reply } from "../route.ts";
import { sendBatchBody, sendBody } from "../schemas.ts";

const timestamp = z.iso.datetime();
const exampleTime = "2026-11-28T05:00:00.000Z";
const exampleToken = "fYb3kq0eTQ:APA91bH…";

const sentAnswer = z
  .object({ success: z.literal(true), message_id: z.string(), timestamp })
  .register(answerSchemas, { id: "SentPush" });

/** `POST /send`: one notification about a call, to one registration token. */
export const sendRoute = defineRoute({
  method: "post",
  path: "/send",
  name: "send",
  summary: "Send one notification to one registration token",
  scope: "send",
  body: sendBody,
  example: {
    fcm_token: exampleToken,
    title: "부재중 전화",
    body: "홍길동",
    caller_id: "01012345678",
    data: { badge: "3" },
  },
  answers: {
    200: {
      description: "FCM accepted the message",
      schema: sentAnswer,
      example: { success: true, message_id: "projects/my-project/messages/0:1763712000", timestamp: exampleTime },
    },
    404: failure("`invalid_token`: the app is gone from that phone"),
    502: failure("`push_failed`: FCM refused the message or could not be reached"),
  },
  run: async (services, { body: { fcm_token, title, body, data, ...caller } }) => {
    const notice = {
      title,
      body,
      data,
      callerId: caller.caller_id,
      callerName: caller.caller_name,
      callType: caller.call_type,
    };
    return sentReply(await sendPush(services, fcm_token, notice), services.clock.now());
  },
});

function sentReply(outcome: Outcome, now: number): Reply {
  switch (outcome.status) {
    case "accepted": {
      const body = { success: true, message_id: outcome.messageId, timestamp: new Date(now).toISOString() };
      return { status: 200, body, text: "SENT 1" };
    }
    case "unregistered":
      return errorReply(404, "invalid_token", "The registration token is not, or no longer, valid");
    case "rejected":
    case "unavailable":
      return errorReply(502, "push_failed", `FCM did not accept the message: ${nameFailure(outcome)}`);
  }
}

const result = z
  .union([
    z.object({ success: z.literal(true), message_id: z.string() }),
    z.object({ success: z.literal(false), error: z.string(), apns_reason: z.string().optional() }),
  ])
  .register(answerSchemas, { id: "SendResult" });

const batchAnswer = z
  .object({
    success: z.boolean(),
    success_count: z.int(),
    failure_count: z.int(),
    duplicate_count: z.int().optional(),
    results: z.array(result),
    timestamp,
  })
  .register(answerSchemas, { id: "SentBatch" });

/** `POST /send-batch`: the same notification to up to 500 registration tokens. */
export const sendBatchRoute = defineRoute({
  method: "post",
  path: "/send-batch",
  name: "sendBatch",
  summary: "Send one notification to up to 500 registration tokens",
  scope: "send",
  body: sendBatchBody,
  example: { tokens: [exampleToken, "c9Xv…"], title: "점검 안내", body: "오늘 밤 2시" },
  maxBodyBytes: bytesForTokens,
  answers: {
    200: {
      description:
        "Every token was tried; `results` has the tokens' order, and the counts add up to its length; `success` means that all were accepted. A repeated token gets no second push: it has its first result, and `duplicate_count`, if present, is the number of repeated tokens",
      schema: batchAnswer,
      example: {
        success: false,
        success_count: 1,
        failure_count: 1,
        results: [
          { success: true, message_id: "projects/my-project/messages/0:1763712000" },
          { success: false, error: "invalid_token" },
        ],
        timestamp: exampleTime,
      },
    },
  },
  run: async (services, { body: { tokens, ...push } }) => {
    const outcomes = await sendPushBatch(services, tokens, push);
    return batchReply(outcomes, tokens.length - new Set(tokens).size, services.clock.now());
  },
});

function batchReply(outcomes: readonly Outcome[], duplicates: number, now: number): Reply {
  const results = outcomes.map(batchResult);
  const accepted = results.filter(({ success }) => success).length;
  const body = {
    success: accepted === results.length,
    success_count: accepted,
    failure_count: results.length - accepted,
    ...(duplicates > 0 && { duplicate_count: duplicates }),
    results,
    timestamp: new Date(now).toISOString(),
  };
  return { status: 200, body, text: `SENT ${accepted} FAILED ${results.length - accepted}` };
}

function batchResult(outcome: Outcome): z.output<typeof result> {
  if (outcome.status === "accepted") return { success: true, message_id: outcome.messageId };
  const error = outcome.status === "unregistered" ? "invalid_token" : outcome.code;
  return { success: false, error, ...(outcome.apnsReason !== undefined && { apns_reason: outcome.apnsReason }) };
}
