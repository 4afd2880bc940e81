import { z } from "zod";
import { readDeployment } from "../../config.ts";
import { refuseInput } from "../../errors.ts";
import type { Services } from "../../services.ts";
import { addCounters, emptyCounters, type Counters } from "../../statistics/counters.ts";
import { findCountedUntil, findHours, type StatisticsFilter } from "../../statistics/find-statistics.ts";
import { parseHour } from "../../statistics/hour.ts";
import { countersOf } from "../../statistics/statistics-document.ts";
import { action } from "../action.ts";
import { pbxId, time } from "../inputs.ts";
import { nameBuckets } from "../show/buckets.ts";
import { isoTime } from "../show/time.ts";
import { countsOf, describeCauses, describeWake } from "../show/statistics.ts";

const dayMs = 24 * 60 * 60_000;

/** The longest span: a page draws no more hours, and no more days are kept. */
const maxDays = { hour: 92, day: 400 } as const;

/** Hours of PBXs that one question may add up, 24 in a document: a year of thirty PBXs. */
const maxHours = 250_000;

/** The statistics of a span by hour or by day, of all PBXs or of one. */
export const overview = action<"overview">()(
  z.strictObject({ since: time, until: time.optional(), by: z.enum(["hour", "day"]), pbxId: pbxId.optional() }),
  async ({ services }, { since, until = services.clock.now(), by, pbxId: pbx }) => {
    if (since >= until) refuseInput([{ path: "since", message: "must be before until" }]);
    if (until - since > maxDays[by] * dayMs) {
      refuseInput([{ path: "since", message: `must be at most ${maxDays[by]} days before until, by ${by}` }]);
    }
    const buckets = nameBuckets({ since, until, by, timeZone: readDeployment().timeZone });
    const [{ byBucket, byPbx }, countedUntil] = await Promise.all([
      addUp(services, { since, until, pbxId: pbx }, buckets),
      findCountedUntil(services),
    ]);
    const all = addCounters(byPbx.values());
    return {
      // Hours and days without a ring are in it, too.
      buckets: [...new Set(buckets.values())].map((at) => ({ at: isoTime(at), ...countsOf(byBucket.get(at)) })),
      total: countsOf(all),
      perPbx: [...byPbx]
        .map(([name, counters]) => ({ pbxId: name, ...countsOf(counters) }))
        .toSorted((one, other) => (one.pbxId < other.pbxId ? -1 : 1)),
      wake: describeWake(all.rings.wake),
      causes: describeCauses(all.causes),
      ...(countedUntil !== undefined && { countedUntil: isoTime(countedUntil) }),
    };
  },
);

/** Adds hours up as they come: a year of them would not fit into memory. `buckets` names the one that an hour belongs to. */
async function addUp(services: Services, filter: StatisticsFilter, buckets: ReadonlyMap<number, number>) {
  const byBucket = new Map<number, Counters>();
  const byPbx = new Map<string, Counters>();
  let count = 0;
  for await (const page of findHours(services, filter)) {
    count += page.length;
    if (count > maxHours) {
      refuseInput([{ path: "since", message: "must be later, or name one PBX: this would read too much" }]);
    }
    for (const hour of page) {
      const counters = countersOf(hour);
      const at = parseHour(hour.hour);
      add(byBucket, buckets.get(at) ?? at, counters);
      add(byPbx, hour.pbxId, counters);
    }
  }
  return { byBucket, byPbx };
}

function add<Key>(sums: Map<Key, Counters>, key: Key, counters: Counters): void {
  sums.set(key, addCounters([sums.get(key) ?? emptyCounters, counters]));
}
