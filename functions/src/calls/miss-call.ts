import type { Device } from "../devices/device.ts";
import type { Services } from "../services.ts";
import { callRef, type WakeAnswer } from "./call.ts";
import { changeCall } from "./change-call.ts";
import type { Claim, Wake } from "./record-call.ts";
import { silenceDevices } from "./silence-devices.ts";
import { endUnknown } from "./state.ts";

/**
 * The end overtook the call: nobody is woken, and whoever would have been finds it in the history. Whom a request that died
 * may have woken is told to stop.
 */
export async function missCall(
  services: Services,
  wake: Wake,
  { isTakeover }: Claim,
  devices: readonly Device[],
): Promise<WakeAnswer> {
  const uids = devices.map(({ uid }) => uid);
  const answer = { status: "ended", devices: 0, accepted: 0 } as const;
  const ref = callRef(services.db, wake);
  const { exten } = wake;
  const maybeWoken = isTakeover ? devices.map(({ deviceId }) => ({ deviceId, exten })) : [];
  const missed = await changeCall(services, ref, (call) => {
    const record = call.extens[exten];
    const extens = record && { ...call.extens, [exten]: { ...record, ...answer } };
    const told = endUnknown(call.devices, maybeWoken, call.endReason ?? "cancelled");
    return { uids: [...new Set([...call.uids, ...uids])], devices: told, ...(extens && { extens }) };
  });
  if (missed !== undefined) await silenceDevices(services, ref, missed);
  return answer;
}
