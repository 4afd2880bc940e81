import { hasStatus } from "../../firestore/status.ts";
import type { Services } from "../../services.ts";
import { listRefuges } from "./audience.ts";
import type { Drift } from "./audience-drift.ts";
import { settleDrift, type Place, type Suspect } from "./settle-drift.ts";

/** How many documents a group tries: when hundreds are full, the night must still end. */
const maxRefuges = 100;

/** What the groups of a walk share. */
export interface Mending extends Place {
  readonly mend: boolean;
  readonly onDrift: (drift: Drift) => void;
  /** The documents without room for one device; the rest of the walk does not try them again. */
  readonly full: Set<string>;
  /** The errors of groups that could not be settled. */
  readonly failures: unknown[];
}

/**
 * Settles the drift of a group. If a document has no room for it, the wrong devices of the group go to another; if none
 * has room for all of them, each half looks for itself. Never throws.
 */
export async function mendGroup(services: Services, mending: Mending, group: readonly Suspect[]): Promise<void> {
  const { full, failures } = mending;
  const fits = async (refuge?: string) => settleIfFits(services, mending, group, refuge);
  try {
    if (await fits()) return;
    const others = listRefuges(mending.shards, mending.shard).filter((refuge) => !full.has(refuge));
    const refuges = others.slice(0, maxRefuges);
    for (const refuge of refuges) if (await fits(refuge)) return;
    if (group.length === 1) for (const refuge of refuges) full.add(refuge);
    if (group.length === 1 || refuges.length === 0) throw new Error("No audience document has room");
    const half = Math.ceil(group.length / 2);
    for (const part of [group.slice(0, half), group.slice(half)]) await mendGroup(services, mending, part);
  } catch (error) {
    failures.push(error);
  }
}

/** False if a document would be too large, or the transaction: Firestore changes nothing then. */
async function settleIfFits(
  services: Services,
  { shard, shards, mend, onDrift }: Mending,
  group: readonly Suspect[],
  refuge: string | undefined,
): Promise<boolean> {
  try {
    for (const drift of await settleDrift(services, { shard, shards, mend, refuge }, group)) onDrift(drift);
    return true;
  } catch (error) {
    if (hasStatus(error, "INVALID_ARGUMENT")) return false;
    throw error;
  }
}
