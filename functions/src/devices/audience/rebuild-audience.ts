import type { Services } from "../../services.ts";
import { checkAudience, type AudienceReport, type CheckOptions } from "./check-audience.ts";

/** What a rebuild has changed, and how many there are of everything after it. */
export interface Rebuilt extends AudienceReport {
  readonly moved: number;
  /** Whether the new documents hold every device and nothing else. */
  readonly isComplete: boolean;
}

/**
 * Packs all devices into another number of audience documents and removes the old ones. A device moves in one
 * transaction, so that it is in one document at any time, and phones go on registering. Stopped and started again, it
 * moves those that are left.
 */
export async function rebuildAudience(
  services: Services,
  options: Omit<CheckOptions, "mend"> & { readonly shards: number },
): Promise<Rebuilt> {
  const report = await checkAudience(services, { ...options, mend: true });
  return {
    ...report,
    moved: report.drift.wrong_shard ?? 0,
    isComplete: report.outside === 0 && report.entries === report.devices,
  };
}
