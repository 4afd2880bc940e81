import type { Services } from "../../services.ts";
import type { Device } from "../device.ts";
import { chooseShard, isShard } from "./audience.ts";
import type { Drift, DriftKind } from "./audience-drift.ts";
import { countAudience, type AudienceCount } from "./count-audience.ts";
import { walkAudience, type Walk } from "./walk-audience.ts";

/** Number of cases by kind of drift; kinds without a case are absent. */
export type DriftCounts = Readonly<Partial<Record<DriftKind, number>>>;

/** The drift that a check found, and the counts after it. */
export interface AudienceReport extends AudienceCount {
  readonly drift: DriftCounts;
}

/** Options of a check: whether to repair the audience, and the number of documents; default: as this deployment has. */
export type CheckOptions = Partial<Pick<Walk, "mend" | "shards" | "place" | "onProgress">> & {
  readonly onDrift?: ((drift: Drift) => void) | undefined;
};

/**
 * Compares all devices with the audience and reports the drift; with `mend` it repairs the audience. Devices may
 * register meanwhile. It reads every device and its user.
 */
export async function checkAudience(services: Services, options: CheckOptions = {}): Promise<AudienceReport> {
  const { drift, failures } = await countDrift(services, options);
  throwIfAny(failures);
  return { ...(await countAudience(services, options.shards ?? services.config.audienceShards)), drift };
}

/** Compares devices with the audience, and counts the drift; `failures` are the errors of groups that failed. */
export async function countDrift(
  services: Services,
  { onDrift, ...options }: CheckOptions & Pick<Walk, "part">,
): Promise<{ readonly drift: DriftCounts; readonly failures: readonly unknown[] }> {
  const { shards = services.config.audienceShards, mend = false } = options;
  const drift: Partial<Record<DriftKind, number>> = {};
  const count = (found: Drift) => {
    drift[found.kind] = (drift[found.kind] ?? 0) + 1;
    onDrift?.(found);
  };
  const place = options.place ?? ((device: Device) => keepShard(device, shards));
  const failures = await walkAudience(services, { ...options, shards, mend, place, onDrift: count });
  return { drift, failures };
}

/** Throws an error for the groups of devices that could not be compared. */
export function throwIfAny(failures: readonly unknown[]): void {
  const [cause] = failures;
  if (cause !== undefined) throw new Error(`${failures.length} parts of the audience could not be compared`, { cause });
}

/** A device's own shard, unless that is not one of `shards` shards. */
function keepShard({ audienceShard }: Device, shards: number): string {
  return isShard(audienceShard, shards) ? audienceShard : chooseShard(shards);
}
