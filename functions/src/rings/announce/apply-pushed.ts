import { Timestamp } from "firebase-admin/firestore";
import { ownEntry } from "../../own-entry.ts";
import { nameFailure } from "../../transport/outcome.ts";
import { withOwner, withPhones, type Group } from "../group.ts";
import { applyEvent, hasReported, type PhoneFacts } from "../phone-state.ts";
import type { HeldRing, Pushed } from "./announcement.ts";
import { describeDevice, recordAnswers } from "./push-facts.ts";

/** The group with the outcomes of pushes; what is known of a phone already stays. */
export function applyPushed(group: Group, pushed: readonly Pushed[], { mayHavePushed }: HeldRing): Group {
  const { phones } = group[0].ring;
  const after = pushed.map((push) => {
    const { device, outcome, channel, at } = push;
    const { deviceId } = device;
    const before = ownEntry(phones, deviceId);
    const apply = (event: "failed" | "accepted", facts: PhoneFacts) => {
      const phone = applyEvent(before, event, facts);
      return [deviceId, { ...phone, ...recordAnswers(before, push), device: describeDevice(device) }] as const;
    };
    if (outcome.status !== "accepted") {
      const isUnsure = mayHavePushed || outcome.mayBeDelivered === true;
      // APNs has not said so, and has brought the call all the same: FCM has sent nothing.
      const isBrought = channel === "apns" && before !== undefined && hasReported(before);
      const facts = {
        error: nameFailure(outcome),
        ...(isUnsure && { mayBeDelivered: true as const }),
        ...(isBrought && { channel }),
      };
      return apply("failed", facts);
    }
    const facts = {
      messageId: outcome.messageId,
      ...(channel === "apns" && { channel }),
      acceptedAt: Timestamp.fromMillis(at),
    };
    return apply("accepted", facts);
  });
  if (after.length === 0) return group;
  return withOwner(withPhones(group, { ...phones, ...Object.fromEntries(after) }), pushed[0]?.device.uid);
}

/** The group with APNs' late answer: a refusal changes nothing but what is known of it. */
export function applyLate(group: Group, push: Pushed, held: HeldRing): Group {
  if (push.outcome.status === "accepted") return applyPushed(group, [push], held);
  const { phones } = group[0].ring;
  const { deviceId } = push.device;
  const phone = ownEntry(phones, deviceId);
  if (phone === undefined) return group;
  return withPhones(group, { ...phones, [deviceId]: { ...phone, ...recordAnswers(phone, push) } });
}
