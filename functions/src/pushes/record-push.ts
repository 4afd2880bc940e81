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

/** A push as a PBX asks for it. */
export interface WantedPush extends WantedTimes {
  readonly pbxId: string;
  /** Names it for repeats by this PBX; without one every request is a push of its own. */
  readonly id?: string | undefined;
  readonly target: PushTarget;
  readonly content: PushContent;
}

/** A push on record, by the id that its PBX knows. */
export interface RecordedPush {
  readonly id: string;
  readonly push: PushDocument;
}

/**
 * Records a push, and hands it to the workers unless it is reserved for later. An id that this PBX has on record already
 * changes and sends nothing: its push is returned as it is. Should this crash before the push is handed
 * over, the minute job does it. Throws {@link InvalidRequest} for what cannot be sent, or not then.
 */
export async function recordPush(services: Services, wanted: WantedPush): Promise<RecordedPush> {
  const id = wanted.id ?? randomUUID();
  const key = buildPushKey(wanted.pbxId, id);
  // Before its times are checked: what is repeated may be over by now.
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
