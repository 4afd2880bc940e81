import type { Services } from "../../services.ts";
import type { Drift, DriftKind } from "./audience-drift.ts";
import { countAudience, type AudienceCount } from "./count-audience.ts";
import { walkAudience, type WalkProgress } from "./walk-audience.ts";

/** What a check has found, and how many there are of everything after it. */
export interface AudienceReport extends AudienceCount {
  /** How often each kind of drift was found; kinds that were not are absent. */
  readonly drift: Readonly<Partial<Record<DriftKind, number>>>;
}

/** How to go through the audience. */
export interface CheckOptions {
  /** Whether to put right what is wrong. */
  readonly mend?: boolean;
  /** How many documents there are to be; by default as many as this deployment has. */
  readonly shards?: number;
  readonly onDrift?: ((drift: Drift) => void) | undefined;
  readonly onProgress?: ((progress: WalkProgress) => void) | undefined;
}

/**
 * Compares all devices with the audience and reports where they disagree; with `mend` the audience is put right. Devices
 * go on registering meanwhile. It reads every device and its user.
 */
export async function checkAudience(
  services: Services,
  { mend = false, shards = services.config.audienceShards, onDrift, onProgress }: CheckOptions = {},
): Promise<AudienceReport> {
  const drift: Partial<Record<DriftKind, number>> = {};
  const count = (found: Drift) => {
    drift[found.kind] = (drift[found.kind] ?? 0) + 1;
    onDrift?.(found);
  };
  await walkAudience(services, { shards, mend, onDrift: count, onProgress });
  return { ...(await countAudience(services, shards)), drift };
}
