import { z } from "zod";
import { cancelPush as cancel } from "../../pushes/cancel-push.ts";
import { countCodes } from "../../pushes/log-push.ts";
import { findPush, pushesRef, readPush, type PushDocument, type PushTarget } from "../../pushes/push.ts";
import { pushKey } from "../../pushes/push-id.ts";
import { pageInput, readPage } from "../cursor.ts";
import { action, makeChange, notFound, notPossible } from "../action.ts";
import { isoTime } from "../show/time.ts";
import type { PushRow } from "../wire.ts";

/** Reserved pushes, soonest first; or failed ones, latest first. */
export const pushes = action<"pushes">()(
  z.strictObject({ ...pageInput, which: z.enum(["reserved", "failed"]) }),
  async ({ services }, { which, ...page }) => {
    const query = pushesRef(services.db);
    if (which === "failed") {
      const listing = { query, sortedBy: "failedAt", direction: "desc" } as const;
      return readPage({ ...listing, read: (document) => describePush(document.id, readPush(document)) }, page);
    }
    return readPage(
      {
        query,
        // Only pushes that a job will handle have it: those to come, and a few that are being sent.
        sortedBy: "dueAt",
        leavesOut: true,
        read: (document) => {
          const push = readPush(document);
          return push.state === "reserved" ? describePush(document.id, push) : undefined;
        },
      },
      page,
    );
  },
);

/** Cancels a push that is still reserved. */
export const cancelPush = action<"cancelPush">()(z.strictObject({ pushId: pushKey }), async (asked, { pushId }) => {
  const { services } = asked;
  if ((await findPush(services, pushId)) === undefined) throw notFound("There is no such push");
  return makeChange(asked, { what: "pushes cancel", subject: { push: pushId } }, async () => {
    const push = await cancel(services, pushId);
    if (push === undefined) throw notFound("There is no such push");
    if (push.state !== "cancelled") throw notPossible(`It is too late to cancel this push: it is ${push.state}`);
    return describePush(pushId, push);
  });
});

/** A push without its texts and tokens. */
function describePush(pushId: string, push: PushDocument): PushRow {
  const { pbxId, state, target, content, createdAt, reservedAt, expiresAt, failedAt, result } = push;
  return {
    pushId,
    pbxId,
    state,
    target: describeTarget(target),
    isSilent: content.silent,
    createdAt: isoTime(createdAt.toMillis()),
    ...(reservedAt !== undefined && { reservedAt: isoTime(reservedAt.toMillis()) }),
    expiresAt: isoTime(expiresAt.toMillis()),
    ...(failedAt !== undefined && { failedAt: isoTime(failedAt.toMillis()) }),
    ...(result !== undefined && { result }),
    errors: push.deviceIds?.length === 0 ? { no_devices: 1 } : countCodes(push),
  };
}

function describeTarget(target: PushTarget): PushRow["target"] {
  if ("token" in target) return { kind: "token" };
  if ("tokens" in target) return { kind: "tokens", count: target.tokens.length };
  if ("exten" in target) return { kind: "exten", name: target.exten };
  if ("uid" in target) return { kind: "uid", name: target.uid };
  return { kind: "topic", name: target.fcmTopic };
}
