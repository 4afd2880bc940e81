import { Timestamp } from "firebase-admin/firestore";
import { ownEntry } from "../../own-entry.ts";
import { nameFailure } from "../../transport/outcome.ts";
import { withOwner, withPhones, type Group } from "../group.ts";
import { applyEvent, hasReported } from "../phone-state.ts";
import type { HeldRing, Pushed } from "./announcement.ts";

/** The group with the outcomes of pushes; what is known of a phone already stays. */
export function applyPushed(group: Group, pushed: readonly Pushed[], { mayHavePushed }: HeldRing): Group {
  const { phones } = group[0].ring;
  const after = pushed.map(({ device: { deviceId }, outcome, channel, at }) => {
    const before = ownEntry(phones, deviceId);
    if (outcome.status !== "accepted") {
      const isUnsure = mayHavePushed || outcome.mayBeDelivered === true;
      // APNs has not said so, and has brought the call all the same: FCM has sent nothing.
      const isBrought = channel === "apns" && before !== undefined && hasReported(before);
      const facts = {
        error: nameFailure(outcome),
        ...(isUnsure && { mayBeDelivered: true as const }),
        ...(isBrought && { channel }),
      };
      return [deviceId, applyEvent(before, "failed", facts)] as const;
    }
    const facts = {
      messageId: outcome.messageId,
      ...(channel === "apns" && { channel }),
      acceptedAt: Timestamp.fromMillis(at),
    };
    return [deviceId, applyEvent(before, "accepted", facts)] as const;
  });
  if (after.length === 0) return group;
  return withOwner(withPhones(group, { ...phones, ...Object.fromEntries(after) }), pushed[0]?.device.uid);
}
