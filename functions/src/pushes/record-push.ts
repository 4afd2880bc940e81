import { randomUUID } from "node:crypto";
import { Timestamp } from "firebase-admin/firestore";
import { TryAgain } from "../errors.ts";
import { hasStatus } from "../firestore/status.ts";
import type { Services } from "../services.ts";
import { buildPushMessage, kindOf } from "./build-push-message.ts";
import { planTimes, type WantedTimes } from "./plan-times.ts";
import { buildPushKey } from "./push-id.ts";
import { publishLeaseMs, publishPushes } from "./publish-pushes.ts";
import { findPush, pushesRef, type PushContent, type PushDocument, type PushTarget } from "./push.ts";
import { requireSendable } from "../messages/require-sendable.ts";

/** A push that a PBX requests. */
export interface WantedPush extends WantedTimes {
  readonly pbxId: string;
  /** Makes repeats by this PBX idempotent; without it every request is a push of its own. */
  readonly id?: string | undefined;
  readonly target: PushTarget;
  readonly content: PushContent;
}

/** A recorded push with the id that its PBX knows. */
export interface RecordedPush {
  readonly id: string;
  readonly push: PushDocument;
}

/**
 * Records a push, and publishes it to the workers unless it is reserved for later. Idempotent by id: a known id of this
 * PBX returns its push and changes nothing. If this crashes before the push is published, the minute job publishes it.
 * Throws {@link InvalidRequest} if the message or its times are invalid.
 */
export async function recordPush(services: Services, wanted: WantedPush): Promise<RecordedPush> {
  const id = wanted.id ?? randomUUID();
  const key = buildPushKey(wanted.pbxId, id);
  // Before the times are checked: a repeated push may have expired by now.
  const known = wanted.id === undefined ? undefined : await findPush(services, key);
  if (known !== undefined) return { id, push: known };
  const push = buildPush(key, wanted, services.clock.now());
  try {
    await pushesRef(services.db).doc(key).create(push);
  } catch (error) {
    if (!hasStatus(error, "ALREADY_EXISTS")) throw error;
    return { id, push: await getPush(services, key) };
  }
  services.log.info("push_recorded", { pushId: key, state: push.state });
  if (push.state === "queued") await publishPushes(services, [key]);
  return { id, push };
}

function buildPush(key: string, wanted: WantedPush, now: number): PushDocument {
  const { pbxId, target, content, reservedAt } = wanted;
  const { dueAt, expiresAt } = planTimes(wanted, now);
  requireSendable(buildPushMessage({ key, content, now: dueAt, expiresAt }), kindOf(target));
  const isReserved = dueAt > now;
  return {
    pbxId,
    target,
    content,
    state: isReserved ? "reserved" : "queued",
    createdAt: Timestamp.fromMillis(now),
    ...(reservedAt !== undefined && { reservedAt: Timestamp.fromMillis(reservedAt) }),
    expiresAt: Timestamp.fromMillis(expiresAt),
    dueAt: Timestamp.fromMillis(isReserved ? dueAt : now + publishLeaseMs),
    outcomes: {},
  };
}

async function getPush(services: Services, key: string): Promise<PushDocument> {
  const push = await findPush(services, key);
  if (push === undefined) throw new TryAgain("The push of this id has just been removed");
  return push;
}
