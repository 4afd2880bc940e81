import { settleVoip } from "../../devices/settle-voip.ts";
import type { Services } from "../../services.ts";
import { changeRing } from "../change-ring.ts";
import { logVoip } from "../log-rings.ts";
import type { HeldRing, Pushed } from "./announcement.ts";
import { applyLate } from "./apply-pushed.ts";

/**
 * Logs and records what APNs says of a push after the ring was settled without it. A phone that APNs has reached shows
 * the call, whatever FCM has sent. The next call need not wait for a second again if the token is dead or belongs elsewhere.
 */
export async function settleLate(services: Services, held: HeldRing, { late, ...push }: Pushed): Promise<void> {
  if (late === undefined) return;
  const outcome = await late;
  const { device } = push;
  const [{ id }] = held.group;
  // That APNs has not answered in time is logged already.
  if (outcome.status !== "unavailable") logVoip(services, id, [{ ...push, voip: outcome }]);
  await settleVoip(services, [{ device, voip: outcome }]);
  // The phone is known to have had no answer of APNs in time: that it failed later is not worth a write.
  if (outcome.status === "unavailable") return;
  const at = services.clock.now();
  const said: Pushed = { device, outcome, channel: "apns", at, said: { apns: { outcome, at } } };
  try {
    await changeRing(services, id, (group) => applyLate(group, said, held), { tells: false });
  } catch (error) {
    services.log.warn("late_outcome_not_recorded", { callId: id, error });
  }
}
