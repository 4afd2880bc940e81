import type { Services } from "../../services.ts";
import { devicesRef, type Device } from "../device.ts";
import { chooseShard, isShard } from "./audience.ts";
import { listShards } from "./list-shards.ts";

/**
 * Places devices so that each of `shards` shards gets about as many. A device leaves its shard only if that has more
 * than its share, or is not one of them.
 */
export async function spreadEvenly(services: Services, shards: number): Promise<(device: Device) => string> {
  const counts = await countDevices(services);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const share = Math.ceil(total / shards);
  const open = Array.from({ length: shards }, (_, index) => String(index)).filter(
    (shard) => (counts.get(shard) ?? 0) < share,
  );
  return ({ audienceShard }) => {
    const count = counts.get(audienceShard) ?? 0;
    if (isShard(audienceShard, shards) && count <= share) return audienceShard;
    // No shard has room for phones that have registered since the count.
    const target = open.at(-1) ?? chooseShard(shards);
    counts.set(audienceShard, count - 1);
    const filled = (counts.get(target) ?? 0) + 1;
    counts.set(target, filled);
    if (filled >= share) open.pop();
    return target;
  };
}

async function countDevices(services: Services): Promise<Map<string, number>> {
  const devices = devicesRef(services.db);
  const counts = new Map<string, number>();
  for (const shard of await listShards(services)) {
    counts.set(shard, (await devices.where("audienceShard", "==", shard).count().get()).data().count);
  }
  return counts;
}
