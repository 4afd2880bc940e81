import type { Services } from "../../services.ts";
import type { Drift, DriftKind } from "./audience-drift.ts";
import { countAudience, type AudienceCount } from "./count-audience.ts";
import { walkAudience, type WalkProgress } from "./walk-audience.ts";

/** The drift that a check found, and the counts after it. */
export interface AudienceReport extends AudienceCount {
  /** Number of cases by kind of drift; kinds without a case are absent. */
  readonly drift: Readonly<Partial<Record<DriftKind, number>>>;
}

/** Options of a check. */
export interface CheckOptions {
  /** Whether to repair the audience. */
  readonly mend?: boolean;
  /** Target number of documents; default: as many as this deployment has. */
  readonly shards?: number;
  readonly onDrift?: ((drift: Drift) => void) | undefined;
  readonly onProgress?: ((progress: WalkProgress) => void) | undefined;
}

/**
 * Compares all devices with the audience and reports the drift; with `mend` it repairs the audience. Devices may
 * register meanwhile. It reads every device and its user.
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
