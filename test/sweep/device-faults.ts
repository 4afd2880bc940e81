import type { SeededDevice } from "../../harness/seed-audience.ts";
import type { Setup } from "./setup.ts";

/** Which devices get which fault. */
export interface DeviceFaults {
  /** Their app is gone. */
  readonly dead: readonly SeededDevice[];
  /** Answered 429, once. */
  readonly limited: readonly SeededDevice[];
  /** Answered 503, once. */
  readonly unavailable: readonly SeededDevice[];
  /** All of one shard, dead devices included: the first connection of each is reset. */
  readonly dropped: readonly SeededDevice[];
}

/** Adds faults for 2, 1 and 1 % of the devices, and for one shard. */
export function addDeviceFaults({ surroundings: { fcm }, devices }: Setup): DeviceFaults {
  const brokenShard = devices[0]?.shard;
  const dropped = devices.filter(({ shard }) => shard === brokenShard);
  const others = devices.filter(({ shard }) => shard !== brokenShard);
  const chosen = {
    dead: devices.filter((_, index) => index % 50 === 7),
    limited: others.filter((_, index) => index % 100 === 1),
    unavailable: others.filter((_, index) => index % 100 === 2),
    dropped,
  };
  const dead = new Set(chosen.dead);
  const alive = (group: readonly SeededDevice[]) => group.filter((device) => !dead.has(device));
  const settled = { ...chosen, limited: alive(chosen.limited), unavailable: alive(chosen.unavailable) };
  for (const { token } of settled.dead) fcm.setState(token, "uninstalled");
  for (const { token } of settled.limited) fcm.addFault({ match: { token }, status: 429, retry_after: "2" });
  for (const { token } of settled.unavailable) fcm.addFault({ match: { token }, status: 503 });
  for (const { token } of settled.dropped) fcm.addFault({ match: { token }, drop: true });
  return settled;
}
