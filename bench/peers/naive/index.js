// A common first version of the service: one module, the Admin SDK for everything, every client created at the start.
// For a call it does what ours does: check the key, record the call and find the phones, push, record, answer.
import { createHash, timingSafeEqual } from "node:crypto";
import { PubSub } from "@google-cloud/pubsub";
import express from "express";
import { initializeApp } from "firebase-admin/app";
import { getAuth } from "firebase-admin/auth";
import { FieldValue, getFirestore, Timestamp } from "firebase-admin/firestore";
import { getMessaging } from "firebase-admin/messaging";
import * as functions from "firebase-functions";
import { z } from "zod";

const app = initializeApp();
const db = getFirestore(app);
const auth = getAuth(app);
const messaging = getMessaging(app);
const pubsub = new PubSub();

const { logger, params, https, scheduler } = functions;
const region = "asia-northeast3";
const pbxKeys = params.defineSecret("PBX_KEYS");

const wake = z.object({
  call_id: z.string(),
  exten: z.string(),
  caller_id: z.string().default(""),
  caller_name: z.string().default(""),
  ring_seconds: z.coerce.number().int().min(5).max(120).default(30),
});

const api = express();
api.use((request, response, next) => {
  const hash = createHash("sha256")
    .update(request.get("authorization")?.replace("Bearer ", "") ?? "")
    .digest();
  const keys = JSON.parse(pbxKeys.value() || "[]");
  if (keys.some(({ sha256 }) => timingSafeEqual(Buffer.from(sha256, "hex"), hash))) next();
  else response.status(401).json({ error: "unauthenticated" });
});
// oxlint-disable-next-line oxc/no-async-endpoint-handlers -- express 5 takes rejections
api.post("/calls", async (request, response) => {
  const call = wake.parse(request.body);
  const ref = db.collection("calls").doc(`bench~${call.call_id}`);
  const now = Date.now();
  const [found] = await Promise.all([
    db.collection("devices").where("extens", "array-contains", call.exten).get(),
    ref.create({ ...call, status: "waking", createdAt: Timestamp.fromMillis(now) }),
  ]);
  const expiresAt = now + call.ring_seconds * 1000;
  const { successCount, responses } = await messaging.sendEachForMulticast({
    tokens: found.docs.map((device) => device.get("registration").value),
    data: {
      type: "incoming_call",
      callId: ref.id,
      exten: call.exten,
      callerId: call.caller_id,
      callerName: call.caller_name,
      timestamp: new Date(now).toISOString(),
      expiresAt: new Date(expiresAt).toISOString(),
    },
    android: { priority: "high", ttl: expiresAt - now },
    apns: {
      headers: { "apns-push-type": "alert", "apns-priority": "10" },
      payload: {
        aps: { alert: { title: call.caller_name || call.caller_id }, sound: "default", mutableContent: true },
      },
    },
  });
  const devices = Object.fromEntries(found.docs.map(({ id }, index) => [id, responses[index].success]));
  await ref.update({
    status: successCount > 0 ? "notified" : "failed",
    devices,
    updatedAt: FieldValue.serverTimestamp(),
  });
  logger.info("call_woken", { callId: ref.id, accepted: successCount });
  response.json({ call_id: call.call_id, accepted: successCount });
});

const title = z.string().min(1).max(1024);
const push = z.object({
  fcm_token: z.string().min(1).max(4096),
  title,
  body: title,
  caller_id: z.string().default(""),
});

// oxlint-disable-next-line oxc/no-async-endpoint-handlers -- express 5 takes rejections
api.post("/send", async (request, response) => {
  const { fcm_token: token, title: heading, body, caller_id: callerId } = push.parse(request.body);
  const timestamp = new Date().toISOString();
  const messageId = await messaging.send({
    token,
    notification: { title: heading, body },
    data: { caller_id: callerId, caller_name: request.body.caller_name, call_type: request.body.call_type, timestamp },
    android: { priority: "high", notification: { sound: "default", channelId: "calls" } },
    apns: {
      payload: { aps: { alert: { title: heading, body }, sound: "default", badge: 1, category: "CALL_CATEGORY" } },
    },
  });
  response.json({ success: true, message_id: messageId, timestamp });
});

export const pbx = https.onRequest({ region, memory: "512MiB", secrets: [pbxKeys] }, api);

export const registerDevice = https.onCall({ region }, async ({ auth: caller, data }) => {
  const user = await auth.getUser(caller.uid);
  await db.collection("devices").doc(data.deviceId).set({ uid: user.uid, registration: data.registration, extens: [] });
  return { extens: [] };
});

export const saveLocation = scheduler.onSchedule({ region, schedule: "7,37 * * * *" }, async () => {
  await pubsub.topic("campaign-shards").publishMessage({ json: { shard: "0" } });
});

export const campaignWorker = functions.pubsub.onMessagePublished({ region, topic: "campaign-shards" }, async () => {
  const devices = await db.collection("devices").limit(500).get();
  const tokens = devices.docs.map((device) => device.get("registration").value);
  await messaging.sendEachForMulticast({ tokens, data: { type: "silent" } });
});
