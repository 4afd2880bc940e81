import { statusAt } from "../../functions/src/rings/group.ts";
import { lineOf, type Ring } from "../../functions/src/rings/ring.ts";

/** The current state of a ring, without its caller. */
export function describeRing(callId: string, ring: Ring, now: number) {
  const { callKey, pbxRingId, exten, phones } = ring;
  return {
    callId,
    callKey,
    ...(pbxRingId !== undefined && { pbxRingId }),
    exten,
    ...statusAt(ring, now),
    devices: Object.entries(phones).map(([deviceId, { state, error }]) => {
      return { deviceId, state, ...(error !== undefined && { error }) };
    }),
  };
}

/** The same with what does not change: when it was announced, and whose phones it is for. */
export function describeWhole(callId: string, ring: Ring, now: number) {
  const { uid, joined, createdAt } = ring;
  return {
    announcedAt: createdAt.toDate().toISOString(),
    ...describeRing(callId, ring, now),
    ...(lineOf(ring) !== ring.exten && { line: lineOf(ring) }),
    ...(uid !== undefined && { uid }),
    ...(joined !== undefined && { joined }),
  };
}

/** A ring's status and its reason: `ended (missed)`. */
export function formatStatus({ status, reason }: ReturnType<typeof statusAt>): string {
  return reason === undefined ? status : `${status} (${reason})`;
}

/** The phones of a ring with their states: `phone-1 ended, phone-2 failed UNREGISTERED`. */
export function formatPhones({ devices }: Pick<ReturnType<typeof describeRing>, "devices">): string {
  return devices.map(({ deviceId, state, error }) => [deviceId, state, error].filter(Boolean).join(" ")).join(", ");
}
