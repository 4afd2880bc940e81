import type { Services } from "../../services.ts";
import { checkAudience, type AudienceReport, type CheckOptions } from "./check-audience.ts";
import { spreadEvenly } from "./spread.ts";

/** What a rebuild changed, and the counts after it. */
export interface Rebuilt extends AudienceReport {
  readonly moved: number;
  /** Whether the new documents hold every device and nothing else. */
  readonly isComplete: boolean;
}

/**
 * Packs all devices evenly into another number of audience documents and removes the old ones. A device moves in one
 * transaction: it is always in exactly one document, and phones may register meanwhile. After an interruption, the next
 * call moves the rest.
 */
export async function rebuildAudience(
  services: Services,
  options: Omit<CheckOptions, "mend" | "place"> & { readonly shards: number },
): Promise<Rebuilt> {
  const place = await spreadEvenly(services, options.shards);
  const report = await checkAudience(services, { ...options, mend: true, place });
  return {
    ...report,
    moved: report.drift.wrong_shard ?? 0,
    isComplete: report.outside === 0 && report.entries === report.devices,
  };
}
