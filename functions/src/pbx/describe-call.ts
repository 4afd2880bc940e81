import type { Timestamp } from "firebase-admin/firestore";
import { z } from "zod";
import { statusAt } from "../rings/group.ts";
import { findLeader } from "../rings/find-rings.ts";
import type { Phone, StoredRing } from "../rings/ring.ts";
import { summarizeRings } from "../rings/summarize-rings.ts";
import type { PushFacts } from "../wire.ts";
import { ringVerdict } from "./describe-verdict.ts";
import { answerSchemas } from "./route.ts";
import { endReason, isoTime } from "./schemas.ts";

/** The status of a call or a ring, on the wire. */
export const callStatus = z
  .enum(["waking", "notified", "ready", "answered", "declined", "failed", "ended"])
  .register(answerSchemas, { id: "CallStatus" });

const pushPriority = z.enum(["high", "normal"]);

const pushFacts = z
  .object({
    received_at: isoTime.optional(),
    sent_at: isoTime.optional().describe("When FCM took it, as the message says"),
    priority: pushPriority.optional(),
    original_priority: pushPriority.optional().describe("If it is `high` and `priority` is not, FCM has lowered it"),
  })
  .describe("What the phone said of its push; times are by its own clock");

const deviceAnswer = z
  .object({
    device_id: z.string(),
    exten: z.string(),
    state: z.enum(["failed", "accepted", "received", "ready", "answered", "declined", "ended"]),
    channel: z.enum(["fcm", "apns"]).optional().describe("Which service took the push; `apns` if both did"),
    error: z.string().optional(),
    accepted_at: isoTime.optional(),
    ready_at: isoTime.optional(),
    failure: z
      .enum(["no_settings", "no_connection", "no_permission", "error"])
      .optional()
      .describe("Why the phone, once woken, could not get to its PBX; it may have been ready later"),
    failed_at: isoTime.optional().describe("When the phone said so"),
    facts: pushFacts.optional(),
  })
  .register(answerSchemas, { id: "Phone" });

const ringAnswer = z
  .object({
    exten: z.string(),
    ring_id: z.string().optional().describe("The PBX's id of the ring; absent if the PBX gave none"),
    status: callStatus,
    reason: endReason.optional(),
    created_at: isoTime,
    ended_at: isoTime.optional(),
    devices: z.array(deviceAnswer),
  })
  .register(answerSchemas, { id: "Ring" });

/** The answer of `GET /calls/{call_id}`. */
export const callAnswer = z
  .object({
    call_id: z.string(),
    status: callStatus.describe(
      "From the rings that live or were answered, else from the newest; so are `extens` and `devices`",
    ),
    caller_id: z.string(),
    caller_name: z.string(),
    extens: z.array(z.string()),
    devices: z.array(deviceAnswer),
    created_at: isoTime.describe("When its first ring was announced"),
    ended_at: isoTime.optional(),
    reason: endReason.optional(),
    rings: z.array(ringAnswer).describe("Oldest first"),
    verdict: z
      .array(ringVerdict)
      .optional()
      .describe("With `verdict=true`: why the phones of each ring did or did not ring, in the order of `rings`"),
  })
  .register(answerSchemas, { id: "Call" });

/**
 * Describes rings of one call, oldest first and at least one; `leaders` are the other rings that some of them joined.
 */
export function describeCall(
  rings: readonly StoredRing[],
  leaders: readonly StoredRing[],
  now: number,
): z.output<typeof callAnswer> {
  const all = [...rings, ...leaders];
  const { status, reason, rings: decisive } = summarizeRings(rings, now);
  const [oldest] = rings;
  const newest = decisive.at(-1);
  if (oldest === undefined || newest === undefined) throw new Error("A call has at least one ring");
  const devices = new Map(
    decisive.flatMap((stored) => describeDevices(stored, all)).map((one) => [one.device_id, one]),
  );
  const endedAt = status === "ended" ? findEnd(newest) : undefined;
  return {
    call_id: newest.ring.linkedId,
    status,
    caller_id: newest.ring.callerId,
    caller_name: newest.ring.callerName,
    extens: [...new Set(decisive.map(({ ring }) => ring.exten))],
    devices: [...devices.values()],
    created_at: format(oldest.ring.createdAt),
    ...(endedAt !== undefined && { ended_at: format(endedAt) }),
    ...(reason !== undefined && { reason }),
    rings: rings.map((stored) => describeRing(stored, all, now)),
  };
}

function describeRing(stored: StoredRing, rings: readonly StoredRing[], now: number): z.output<typeof ringAnswer> {
  const { exten, pbxRingId, createdAt } = stored.ring;
  const { status, reason } = statusAt(stored.ring, now);
  const endedAt = status === "ended" ? findEnd(stored) : undefined;
  return {
    exten,
    ...(pbxRingId !== undefined && { ring_id: pbxRingId }),
    status,
    ...(reason !== undefined && { reason }),
    created_at: format(createdAt),
    ...(endedAt !== undefined && { ended_at: format(endedAt) }),
    devices: describeDevices(stored, rings),
  };
}

function describeDevices(stored: StoredRing, rings: readonly StoredRing[]): z.output<typeof deviceAnswer>[] {
  const { exten } = stored.ring;
  const { phones } = findLeader(stored, rings).ring;
  return Object.entries(phones).map(([id, phone]) => describeDevice(id, exten, phone));
}

function describeDevice(device_id: string, exten: string, phone: Phone): z.output<typeof deviceAnswer> {
  const { state, channel, error, acceptedAt, readyAt, failure, failedAt, facts } = phone;
  const took = channel ?? (acceptedAt === undefined ? undefined : "fcm");
  return {
    device_id,
    exten,
    state,
    ...(error !== undefined && { error }),
    ...(took !== undefined && { channel: took }),
    ...(acceptedAt !== undefined && { accepted_at: format(acceptedAt) }),
    ...(readyAt !== undefined && { ready_at: format(readyAt) }),
    ...(failure !== undefined && { failure }),
    ...(failedAt !== undefined && { failed_at: format(failedAt) }),
    ...(facts !== undefined && { facts: describeFacts(facts) }),
  };
}

function describeFacts({ receivedAt, sentAt, priority, originalPriority }: PushFacts): z.output<typeof pushFacts> {
  return {
    ...(receivedAt !== undefined && { received_at: receivedAt }),
    ...(sentAt !== undefined && { sent_at: sentAt }),
    ...(priority !== undefined && { priority }),
    ...(originalPriority !== undefined && { original_priority: originalPriority }),
  };
}

/** A ring without an end was over when its ring time ended. */
function findEnd({ ring: { endedAt, ringEndsAt } }: StoredRing): Timestamp {
  return endedAt ?? ringEndsAt;
}

function format(time: Timestamp): string {
  return time.toDate().toISOString();
}
